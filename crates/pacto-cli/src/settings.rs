//! Flags, environment and config file, in this order of precedence.

use std::collections::BTreeMap;
use std::mem::ManuallyDrop;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use etcetera::BaseStrategy;
use pacto_app::Context;
use pacto_app::context::mirror_location;
use pacto_app::plugin::Places;
use pacto_app::registries::Access;
use pacto_contract::yaml::{Budget, Mapping, Node, decode_utf8, load};
use pacto_contract::{Source, Span};
use pacto_engine::diff::Day;
use pacto_oci::cache::Cache;
use pacto_oci::credential::{Secret, Surroundings, cloud};
use pacto_oci::mirror::Mirrors;

use crate::arguments::{Global, OutputFormat, parse_jobs};
use crate::environment;
use crate::exit::CommandError;
use crate::ui::Ui;

/// What a command runs with.
pub(crate) struct Settings {
    /// Form of the output.
    pub format: OutputFormat,
    /// For the use cases. It lives as long as the process, which gives thousands of contracts back faster than this can.
    pub context: ManuallyDrop<Context>,
    /// Whether what was fetched before is left alone.
    pub no_cache: bool,
    /// What the config file says of the dashboard, by key.
    pub dashboard: BTreeMap<&'static str, String>,
}

#[derive(Default)]
struct ConfigFile {
    format: Option<OutputFormat>,
    verbose: bool,
    no_cache: bool,
    /// Prefix, location where there is one, and the directory where relative locations start.
    registries: Vec<(String, Option<String>, PathBuf)>,
    /// Hosts that are spoken to without TLS.
    plain: Vec<String>,
    /// Files with certificate authorities.
    authorities: Vec<PathBuf>,
    /// Requests in flight to one host.
    parallel: Option<NonZeroUsize>,
    /// Of the dashboard, by key.
    dashboard: BTreeMap<&'static str, String>,
}

/// Credentials that this process can reach.
fn surroundings() -> Surroundings {
    let file = |directory: Option<PathBuf>, name: &str| directory.map(|directory| directory.join(name));
    let path = |name: &str| environment::value(name).map(PathBuf::from);
    let base = etcetera::base_strategy::choose_base_strategy().ok();
    let config = base.as_ref().map(BaseStrategy::config_dir);
    let home = base.as_ref().map(|base| base.home_dir().to_owned());
    let docker = path("DOCKER_CONFIG").or_else(|| file(home.clone(), ".docker"));
    let candidates = [
        file(docker, "config.json"),
        path("REGISTRY_AUTH_FILE"),
        file(path("XDG_RUNTIME_DIR"), "containers/auth.json"),
        file(config.clone(), "containers/auth.json"),
    ];
    let user = environment::value(environment::REGISTRY_USERNAME);
    let cloud = cloud::Surroundings {
        variables: cloud::VARIABLES
            .iter()
            .filter_map(|name| Some(((*name).to_owned(), environment::value(name)?)))
            .collect(),
        home,
        instance_metadata: true,
        ..cloud::Surroundings::default()
    };
    Surroundings {
        token: environment::value(environment::REGISTRY_TOKEN).map(Secret::new),
        basic: user.zip(environment::value(environment::REGISTRY_PASSWORD).map(Secret::new)),
        only_host: environment::value(environment::REGISTRY_HOST),
        login: file(config, "pacto/config.json"),
        docker: candidates.into_iter().flatten().collect(),
        path: std::env::var_os("PATH"),
        cloud,
    }
}

/// Where plugins are looked for.
pub(crate) fn plugin_places() -> Places {
    let base = etcetera::base_strategy::choose_base_strategy().ok();
    let beside = std::env::current_exe().and_then(|program| program.canonicalize()).ok();
    Places {
        path: std::env::var_os("PATH"),
        config: base.map(|base| base.config_dir().join("pacto/plugins")),
        beside: beside.and_then(|program| program.parent().map(Path::to_owned)),
    }
}

/// Where fetched contracts are kept; nowhere without a home.
fn cache_directory() -> Option<PathBuf> {
    let named = environment::value(environment::CACHE_DIR).map(PathBuf::from);
    let base = || etcetera::base_strategy::choose_base_strategy().ok();
    named.or_else(|| Some(base()?.cache_dir().join("pacto/oci")))
}

/// Largest file of certificate authorities, in bytes.
const MAX_AUTHORITY_BYTES: u64 = 4 * 1024 * 1024;

/// Keys of the config file.
const KEYS: &[&str] =
    &["output-format", "no-cache", "verbose", "registries", "requests-in-flight", "dashboard"];
/// Keys of `dashboard`, which are its flags.
const DASHBOARD_KEYS: &[&str] = &["cors-origin", "diagnostics", "host", "namespace", "port"];
/// Keys of an entry of `registries`.
const REGISTRY_KEYS: &[&str] = &["prefix", "location", "plainHttp", "ca"];

impl Settings {
    /// Reads everything that is not a flag.
    ///
    /// # Errors
    /// A usage error for what is wrong in the config file or the environment.
    pub(crate) fn read(global: &Global) -> Result<Self, CommandError> {
        let file = ConfigFile::find(global)?;
        if global.verbose || environment::is_on(environment::VERBOSE) || file.verbose {
            start_log();
        }
        let directory = std::env::current_dir().map_err(|error| {
            CommandError::Environment(format!("the current directory is not readable: {error}"))
        })?;
        let mut mirrors = Mirrors::default();
        if let Some(list) = environment::value(environment::REGISTRY_MIRROR) {
            mirrors
                .add_list(&list, |text| mirror_location(text, &directory))
                .map_err(|error| CommandError::Usage(format!("{}: {error}", environment::REGISTRY_MIRROR)))?;
        }
        for (prefix, location, base) in &file.registries {
            if let Some(location) = location {
                // The environment wins over the file, so a prefix that is taken stays.
                let _ = mirrors.add(prefix, mirror_location(location, base));
            }
        }
        let no_cache = global.no_cache || environment::is_on(environment::NO_CACHE) || file.no_cache;
        let access = Access {
            mirrors,
            settings: file.registries()?,
            surroundings: surroundings(),
            cache: cache_directory().map(|directory| Cache::new(directory, !no_cache)),
            notices: global.notices.clone(),
        };
        let mut context = Context::with_access(directory, access);
        context.jobs = jobs(global)?.map(NonZeroUsize::get);
        context.today = today;
        let format = output_format(global)?.or(file.format).unwrap_or(OutputFormat::Text);
        let is_quiet = global.verbose || environment::is_on(environment::VERBOSE) || file.verbose;
        if let Some(watcher) = Ui::fetching().filter(|_| format == OutputFormat::Text && !is_quiet) {
            global.notices.watch(watcher);
        }
        Ok(Self { format, context: ManuallyDrop::new(context), no_cache, dashboard: file.dashboard })
    }

    /// As [`read`](Self::read), for commands that know text, JSON and Markdown only.
    ///
    /// # Errors
    /// As [`read`](Self::read), and for the other formats.
    pub(crate) fn read_plain(global: &Global, command: &str) -> Result<Self, CommandError> {
        let settings = Self::read(global)?;
        match settings.format {
            OutputFormat::Text | OutputFormat::Json | OutputFormat::Markdown => Ok(settings),
            other => {
                let other = format!("{other:?}").to_lowercase();
                Err(CommandError::Usage(format!(
                    "{command} has no output format {other}; it has text, json, markdown"
                )))
            }
        }
    }
}

/// The day in UTC.
fn today() -> Option<Day> {
    Day::parse(&jiff::Timestamp::now().strftime("%Y-%m-%d").to_string())
}

/// The output format that the flag or the environment names.
///
/// # Errors
/// A usage error that names the variable.
pub(crate) fn output_format(global: &Global) -> Result<Option<OutputFormat>, CommandError> {
    if global.output_format.is_some() {
        return Ok(global.output_format);
    }
    let format = environment::value(environment::OUTPUT_FORMAT).map(|text| parse_format(&text)).transpose();
    format.map_err(|message| CommandError::Usage(format!("{}: {message}", environment::OUTPUT_FORMAT)))
}

fn jobs(global: &Global) -> Result<Option<NonZeroUsize>, CommandError> {
    if global.jobs.is_some() {
        return Ok(global.jobs);
    }
    let jobs = environment::value(environment::JOBS).map(|text| parse_jobs(&text)).transpose();
    jobs.map_err(|message| CommandError::Usage(format!("{}: {message}", environment::JOBS)))
}

fn parse_format(text: &str) -> Result<OutputFormat, String> {
    OutputFormat::from_str(text, true).map_err(|_| {
        let known = OutputFormat::value_variants().iter().filter_map(OutputFormat::to_possible_value);
        let known: Vec<_> = known.map(|value| value.get_name().to_owned()).collect();
        format!("{text:?} is no output format; known are {}", known.join(", "))
    })
}

fn start_log() {
    // A second call keeps the first log; nothing depends on which.
    let _ = tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_max_level(tracing_subscriber::filter::LevelFilter::DEBUG)
        .without_time()
        .with_target(false)
        .try_init();
}

impl ConfigFile {
    /// How registries are spoken to.
    fn registries(&self) -> Result<pacto_oci::registry::Settings, CommandError> {
        let listed = environment::value(environment::INSECURE_REGISTRIES).unwrap_or_default();
        let listed = listed.split(',').map(str::trim).filter(|host| !host.is_empty()).map(str::to_owned);
        let read = |path: &PathBuf| {
            let wrong = |problem: &dyn std::fmt::Display| {
                CommandError::Usage(format!("certificate authority {}: {problem}", path.display()))
            };
            let there = std::fs::metadata(path).map_err(|error| wrong(&error))?;
            if !there.is_file() || there.len() > MAX_AUTHORITY_BYTES {
                return Err(wrong(&"not a file of certificates"));
            }
            std::fs::read(path).map_err(|error| wrong(&error))
        };
        Ok(pacto_oci::registry::Settings {
            insecure_hosts: listed.chain(self.plain.iter().cloned()).collect(),
            authorities: self.authorities.iter().map(read).collect::<Result<_, _>>()?,
            parallel: self.requests_in_flight()?,
            ..pacto_oci::registry::Settings::default()
        })
    }

    /// Requests in flight to one host: of the environment, of the file, or as many as are usual.
    fn requests_in_flight(&self) -> Result<usize, CommandError> {
        let name = environment::REQUESTS_IN_FLIGHT;
        let named = environment::value(name).map(|text| parse_jobs(&text)).transpose();
        let named = named.map_err(|message| CommandError::Usage(format!("{name}: {message}")))?;
        let usual = pacto_oci::registry::Settings::default().parallel;
        Ok(named.or(self.parallel).map_or(usual, NonZeroUsize::get))
    }

    fn find(global: &Global) -> Result<Self, CommandError> {
        let named = global.config.clone();
        let named = named.or_else(|| environment::value(environment::CONFIG).map(PathBuf::from));
        if let Some(path) = named {
            return match read_file(&path)? {
                Some(content) => Self::parse(&path, &content),
                None => Err(CommandError::Usage(format!("config file {} is not there", path.display()))),
            };
        }
        let Ok(directories) = etcetera::base_strategy::choose_base_strategy() else {
            return Ok(Self::default());
        };
        let directory = directories.config_dir().join("pacto");
        for name in ["config.yaml", "pacto.yaml"] {
            let path = directory.join(name);
            if let Some(content) = read_file(&path)? {
                return Self::parse(&path, &content);
            }
        }
        Ok(Self::default())
    }

    fn parse(path: &Path, content: &[u8]) -> Result<Self, CommandError> {
        let shown = path.display().to_string();
        let fail = |source: &Source, span: Span, message: String| {
            let place = source.locate(span);
            CommandError::Usage(format!(
                "config file {}:{}:{}: {message}",
                place.file, place.line, place.column
            ))
        };
        let text = decode_utf8(content);
        let source = Source::new(shown.as_str(), text.as_ref().copied().unwrap_or_default());
        let tree = match text.and_then(|text| load(text, Budget::CONTRACT)) {
            Ok(tree) => tree,
            Err(error) if error.kind == pacto_contract::yaml::LoadErrorKind::Empty => {
                return Ok(Self::default());
            }
            Err(error) => return Err(fail(&source, error.span, error.to_string())),
        };
        let wrong = |node: &Node, want: &str| {
            Err(fail(&source, node.span, format!("got {}, want {want}", node.kind())))
        };
        let Some(root) = tree.as_mapping() else { return wrong(&tree, "a mapping") };
        known_keys(root, KEYS).map_err(|(span, message)| fail(&source, span, message))?;
        let mut file = Self::default();
        if let Some(node) = root.get("output-format") {
            let text = node.scalar_text().unwrap_or_default();
            let format = parse_format(text).map_err(|message| fail(&source, node.span, message))?;
            file.format = Some(format);
        }
        if let Some(node) = root.get("no-cache") {
            let Some(no_cache) = node.as_bool() else { return wrong(node, "true or false") };
            file.no_cache = no_cache;
        }
        if let Some(node) = root.get("verbose") {
            let Some(verbose) = node.as_bool() else { return wrong(node, "true or false") };
            file.verbose = verbose;
        }
        if let Some(node) = root.get("requests-in-flight") {
            let number = node.as_integer().and_then(|number| usize::try_from(number).ok());
            let Some(number) = number.and_then(NonZeroUsize::new) else {
                return wrong(node, "a number above 0");
            };
            file.parallel = Some(number);
        }
        if let Some(node) = root.get("dashboard") {
            let Some(mapping) = node.as_mapping() else { return wrong(node, "a mapping") };
            known_keys(mapping, DASHBOARD_KEYS).map_err(|(span, message)| fail(&source, span, message))?;
            for key in DASHBOARD_KEYS {
                let Some(node) = mapping.get(key) else { continue };
                let Some(text) = node.scalar_text() else { return wrong(node, "text") };
                file.dashboard.insert(key, text.to_owned());
            }
        }
        let base = path.parent().unwrap_or(Path::new("."));
        if let Some(node) = root.get("registries") {
            let Some(entries) = node.as_sequence() else { return wrong(node, "a list") };
            for entry in entries {
                let Some(mapping) = entry.as_mapping() else { return wrong(entry, "a mapping") };
                known_keys(mapping, REGISTRY_KEYS).map_err(|(span, message)| fail(&source, span, message))?;
                for key in ["prefix", "location", "ca"] {
                    if let Some(node) = mapping.get(key).filter(|node| node.as_str().is_none()) {
                        return wrong(node, "text");
                    }
                }
                if let Some(node) = mapping.get("plainHttp").filter(|node| node.as_bool().is_none()) {
                    return wrong(node, "true or false");
                }
                let text =
                    |key: &str| mapping.get(key).and_then(Node::as_str).filter(|text| !text.is_empty());
                let Some(prefix) = text("prefix") else {
                    let message = "an entry of registries needs `prefix`".to_owned();
                    return Err(fail(&source, entry.span, message));
                };
                if file.registries.iter().any(|known| known.0 == prefix) {
                    return Err(fail(&source, entry.span, format!("prefix {prefix:?} is there twice")));
                }
                let location = text("location").map(str::to_owned);
                if mapping.get("plainHttp").and_then(Node::as_bool) == Some(true) {
                    let place = location.as_deref().unwrap_or(prefix);
                    file.plain.extend(place.split('/').next().map(str::to_owned));
                }
                file.authorities.extend(text("ca").map(|path| base.join(path)));
                file.registries.push((prefix.to_owned(), location, base.to_owned()));
            }
        }
        Ok(file)
    }
}

/// The content, or nothing when there is no such file.
fn read_file(path: &Path) -> Result<Option<Vec<u8>>, CommandError> {
    let fail = |error: &dyn std::fmt::Display| {
        Err(CommandError::Usage(format!("config file {} cannot be read: {error}", path.display())))
    };
    match std::fs::metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => fail(&error),
        Ok(metadata) if !metadata.is_file() => fail(&"not a regular file"),
        Ok(metadata) if metadata.len() > Budget::CONTRACT.bytes as u64 => fail(&"too large"),
        Ok(_) => std::fs::read(path).map(Some).or_else(|error| fail(&error)),
    }
}

fn known_keys(mapping: &Mapping, known: &[&str]) -> Result<(), (Span, String)> {
    match mapping.entries().iter().find(|entry| !known.contains(&&*entry.key)) {
        Some(entry) => {
            Err((entry.key_span, format!("unknown key {:?}; known are {}", entry.key, known.join(", "))))
        }
        None => Ok(()),
    }
}
