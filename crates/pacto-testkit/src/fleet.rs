//! Fleets of made-up services, for benchmarks and scale tests. Same size and seed, same bytes.

use std::fmt::Write;
use std::path::Path;

use fs_err as fs;

/// Registry that the services of a fleet refer to.
pub const FLEET_REGISTRY: &str = "registry.example.com/fleet";
/// Registry of the shared policy and configuration of a fleet.
pub const FLEET_PLATFORM: &str = "registry.example.com/fleet-platform";

/// How a fleet looks.
#[derive(Debug, Clone, Copy)]
pub struct Fleet {
    /// Number of services.
    pub services: usize,
    /// Dependencies of each service, where enough services come after it.
    pub fan_out: usize,
    /// Start of the random sequence.
    pub seed: u64,
}

/// A small generator with a fixed sequence; statistical quality does not matter here.
struct Sequence(u64);

impl Sequence {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next()).unwrap_or_default() % limit.max(1)
    }

    fn pick<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        choices.get(self.below(choices.len())).copied().unwrap_or_default()
    }
}

impl Fleet {
    /// The name of service `index`.
    pub fn name(index: usize) -> String {
        format!("service-{index:05}")
    }

    /// The contract of service `index`. Dependencies lead to services with larger numbers, so there is no cycle.
    pub fn contract(&self, index: usize) -> String {
        let mut sequence = Sequence(self.seed ^ (index as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let name = Self::name(index);
        let (minor, patch) = (sequence.below(10), sequence.below(20));
        let port = 1024 + sequence.below(60000);
        let team = sequence.pick(&["harbour", "orchard", "lantern", "meadow", "quarry", "willow"]);
        let tier = sequence.pick(&["edge", "domain", "data"]);
        let criticality = sequence.pick(&["low", "medium", "high"]);
        let mut text = format!(
            r##"pactoVersion: "1.0"

service:
  name: {name}
  version: 1.{minor}.{patch}
  owner:
    team: {team}
    contacts:
      - type: chat
        value: "#{team}"
        purpose: support
  image:
    ref: {FLEET_REGISTRY}/{name}:1.{minor}.{patch}

interfaces:
  - name: api
    type: http
    port: {port}
    visibility: internal
    contract: interfaces/openapi.yaml

configurations:
  - name: platform
    ref: oci://{FLEET_PLATFORM}/platform-config
  - name: app
    schema: configuration/schema.json
    values:
      LOG_LEVEL: info
      WORKERS: {}
      UPSTREAM_URL: http://{team}.example.com/{index}

policies:
  - name: standard
    ref: oci://{FLEET_PLATFORM}/platform-policy

"##,
            1 + sequence.below(16),
        );
        let targets = self.dependencies(index, &mut sequence);
        if !targets.is_empty() {
            text.push_str("dependencies:\n");
        }
        for target in targets {
            let required = sequence.below(4) != 0;
            let _ = write!(
                text,
                "  - name: {0}\n    ref: oci://{FLEET_REGISTRY}/{0}\n    required: {required}\n    compatibility: \"^1.0.0\"\n",
                Self::name(target)
            );
        }
        let _ = write!(
            text,
            r"
runtime:
  workload: service
  state:
    type: stateless
    persistence:
      scope: local
      durability: ephemeral
    dataCriticality: {criticality}
  lifecycle:
    upgradeStrategy: rolling
    gracefulShutdownSeconds: 30
  health:
    interface: api
    path: /health

scaling:
  min: 2
  max: 6

metadata:
  tier: {tier}
  language: rust
  summary: Service number {index} of a made-up fleet
"
        );
        text
    }

    fn dependencies(&self, index: usize, sequence: &mut Sequence) -> Vec<usize> {
        let after = self.services.saturating_sub(index + 1);
        let mut targets = Vec::new();
        while targets.len() < self.fan_out.min(after) {
            let target = index + 1 + sequence.below(after);
            if !targets.contains(&target) {
                targets.push(target);
            }
        }
        targets
    }

    /// Writes the fleet below `directory`: `services/<name>/` for each service, and `platform/` with the shared
    /// policy and configuration.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn write(&self, directory: &Path) -> std::io::Result<()> {
        for index in 0..self.services {
            let service = directory.join("services").join(Self::name(index));
            fs::create_dir_all(service.join("interfaces"))?;
            fs::create_dir_all(service.join("configuration"))?;
            fs::write(service.join("pacto.yaml"), self.contract(index))?;
            fs::write(service.join("interfaces/openapi.yaml"), OPENAPI)?;
            // Each service has a schema of its own, as in a real fleet.
            fs::write(service.join("configuration/schema.json"), schema(index))?;
        }
        let platform = directory.join("platform");
        for (name, file, content) in [
            ("platform-policy", "policy/schema.json", POLICY),
            ("platform-config", "configuration/schema.json", PLATFORM_CONFIGURATION),
        ] {
            let bundle = platform.join(name);
            let section = if name == "platform-policy" { "policy" } else { "configuration" };
            fs::create_dir_all(bundle.join(section))?;
            let contract = format!(
                "pactoVersion: \"1.0\"\n\nservice:\n  name: {name}\n  version: 1.0.0\n  owner: platform\n\n{section}:\n  schema: {file}\n"
            );
            fs::write(bundle.join("pacto.yaml"), contract)?;
            fs::write(bundle.join(file), content)?;
        }
        Ok(())
    }
}

impl Fleet {
    /// As [`write`](Self::write), with several versions of each service: `services/<name>/v<number>/`. Each later version is a
    /// minor one.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn write_versions(&self, directory: &Path, versions: usize) -> std::io::Result<()> {
        self.write(directory)?;
        for index in 0..self.services {
            let service = directory.join("services").join(Self::name(index));
            let contract = self.contract(index);
            let (before, rest) = contract.split_once("version: ").unwrap_or((&contract, ""));
            let after = rest.split_once('\n').map_or("", |(_, after)| after);
            for number in 1..=versions {
                let version = service.join(format!("v{number}"));
                fs::create_dir_all(version.join("interfaces"))?;
                fs::create_dir_all(version.join("configuration"))?;
                fs::write(version.join("pacto.yaml"), format!("{before}version: 1.{number}.0\n{after}"))?;
                fs::write(version.join("interfaces/openapi.yaml"), OPENAPI)?;
                fs::write(version.join("configuration/schema.json"), schema(index))?;
            }
            // A bundle holds no other bundles.
            fs::remove_file(service.join("pacto.yaml"))?;
        }
        Ok(())
    }

    /// Writes service 0 to `directory/contract`, without references to other contracts.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn write_alone(&self, directory: &Path) -> std::io::Result<()> {
        let bundle = directory.join("contract");
        fs::create_dir_all(bundle.join("interfaces"))?;
        fs::create_dir_all(bundle.join("configuration"))?;
        let platform = format!("  - name: platform\n    ref: oci://{FLEET_PLATFORM}/platform-config\n");
        let policies =
            format!("policies:\n  - name: standard\n    ref: oci://{FLEET_PLATFORM}/platform-policy\n");
        let contract = self.contract(0).replace(&platform, "").replace(&policies, "");
        fs::write(bundle.join("pacto.yaml"), contract)?;
        fs::write(bundle.join("interfaces/openapi.yaml"), OPENAPI)?;
        fs::write(bundle.join("configuration/schema.json"), schema(0))
    }
}

fn schema(index: usize) -> String {
    format!(
        r#"{{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "Configuration of service {index}",
  "type": "object",
  "properties": {{
    "LOG_LEVEL": {{ "type": "string", "enum": ["debug", "info", "warn", "error"], "default": "info" }},
    "WORKERS": {{ "type": "integer", "minimum": 1, "maximum": 64 }},
    "UPSTREAM_URL": {{ "type": "string", "minLength": 1 }}
  }},
  "required": ["UPSTREAM_URL"],
  "additionalProperties": false
}}
"#
    )
}

const OPENAPI: &str = r"openapi: 3.0.3
info:
  title: Fleet service
  version: 1.0.0
paths:
  /health:
    get:
      responses:
        '200':
          description: well
  /items:
    get:
      parameters:
        - name: limit
          in: query
          schema: { type: integer, minimum: 1, maximum: 100 }
      responses:
        '200':
          description: items
          content:
            application/json:
              schema:
                type: array
                items: { $ref: '#/components/schemas/Item' }
components:
  schemas:
    Item:
      type: object
      required: [id]
      properties:
        id: { type: string }
        name: { type: string }
";

const POLICY: &str = r#"{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "Fleet standard",
  "type": "object",
  "required": ["runtime", "metadata"],
  "properties": {
    "service": { "type": "object", "required": ["owner"] },
    "runtime": { "type": "object", "required": ["health"] },
    "metadata": { "type": "object", "required": ["tier"] }
  }
}
"#;

const PLATFORM_CONFIGURATION: &str = r#"{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "Platform configuration",
  "type": "object",
  "properties": { "OTEL_SERVICE_NAME": { "type": "string" } }
}
"#;
