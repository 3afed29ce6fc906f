//! Flags, environment and config file, in this order of precedence.

use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;
use pacto_app::Context;
use pacto_app::context::mirror_location;
use pacto_contract::yaml::{Budget, Mapping, Node, decode_utf8, load};
use pacto_contract::{Source, Span};
use pacto_oci::mirror::Mirrors;

use crate::arguments::{Global, OutputFormat};
use crate::environment;
use crate::exit::CommandError;

/// What a command runs with.
pub(crate) struct Settings {
    /// Form of the output.
    pub format: OutputFormat,
    /// For the use cases.
    pub context: Context,
}

#[derive(Default)]
struct ConfigFile {
    format: Option<OutputFormat>,
    verbose: bool,
    registries: Vec<(String, String, PathBuf)>,
}

/// Keys of the config file.
const KEYS: &[&str] = &["output-format", "no-cache", "verbose", "registries", "dashboard"];
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
            // The environment wins over the file, so a prefix that is taken stays.
            let _ = mirrors.add(prefix, mirror_location(location, base));
        }
        let mut context = Context::new(directory, mirrors);
        if let Some(jobs) = global.jobs {
            context.jobs = jobs.get();
        }
        let format = global.output_format.or(file.format).unwrap_or(OutputFormat::Text);
        Ok(Self { format, context })
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
    fn find(global: &Global) -> Result<Self, CommandError> {
        if let Some(path) = &global.config {
            return match read_file(path)? {
                Some(content) => Self::parse(path, &content),
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
            let text = node.as_str().unwrap_or_default();
            let format = clap::ValueEnum::from_str(text, true)
                .map_err(|_| fail(&source, node.span, format!("output-format {text:?} is not known")))?;
            file.format = Some(format);
        }
        if let Some(node) = root.get("verbose") {
            let Some(verbose) = node.as_bool() else { return wrong(node, "true or false") };
            file.verbose = verbose;
        }
        let base = path.parent().unwrap_or(Path::new("."));
        if let Some(node) = root.get("registries") {
            let Some(entries) = node.as_sequence() else { return wrong(node, "a list") };
            for entry in entries {
                let Some(mapping) = entry.as_mapping() else { return wrong(entry, "a mapping") };
                known_keys(mapping, REGISTRY_KEYS).map_err(|(span, message)| fail(&source, span, message))?;
                let text =
                    |key: &str| mapping.get(key).and_then(Node::as_str).filter(|text| !text.is_empty());
                let Some(prefix) = text("prefix") else {
                    return Err(fail(
                        &source,
                        entry.span,
                        "an entry of registries needs `prefix`".to_owned(),
                    ));
                };
                if let Some(location) = text("location") {
                    file.registries.push((prefix.to_owned(), location.to_owned(), base.to_owned()));
                }
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
