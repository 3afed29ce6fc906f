//! Changes of a contract that is there. Comments, order and layout of the file stay; so do keys that nobody knows.

use std::path::{Path, PathBuf};

use fs_err as fs;
use pacto_contract::bundle::{CONFIGURATION_SCHEMA, CONTRACT_FILE};
use pacto_contract::model::Contract;
use pacto_contract::overrides::Overrides;
use pacto_contract::yaml::{EditError, Editor, Node};
use pacto_contract::{Bundle, Pointer};
use pacto_oci::directory::BundleDirectory;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value as Json, json};

use super::create::judged;
use super::place::within;
use super::{
    Data, Instances, NewDependency, NewInterface, NewProperty, Summary, dependency, files, interface,
};
use crate::load::{Scope, read};
use crate::{AppError, Context, write};

/// What is to change. What is not said stays.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Directory of the contract.
    pub path: String,
    /// New name of the service.
    pub name: Option<String>,
    /// New version.
    pub version: Option<String>,
    /// New owner.
    pub owner: Option<String>,
    /// `service`, `job` or `scheduled`.
    pub workload: Option<String>,
    /// What it keeps.
    pub data: Data,
    /// Interfaces that come, with a first description each.
    pub add_interfaces: Vec<NewInterface>,
    /// Names of interfaces that go; their files stay.
    pub remove_interfaces: Vec<String>,
    /// Dependencies that come.
    pub add_dependencies: Vec<NewDependency>,
    /// References or names of dependencies that go.
    pub remove_dependencies: Vec<String>,
    /// Keys that the configuration schema gets.
    pub add_properties: Vec<NewProperty>,
    /// Metadata that is set.
    pub set_metadata: Map<String, Json>,
    /// Keys of metadata that go.
    pub remove_metadata: Vec<String>,
    /// How many instances.
    pub instances: Instances,
    /// Writes nothing.
    pub dry_run: bool,
}

/// What changed, or would.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Outcome {
    /// The contract.
    pub path: String,
    /// What it says now.
    pub summary: Summary,
    /// What changed, in words.
    pub changes: Vec<String>,
    /// The contract as it would be; only where nothing was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// Changes a contract. It is valid afterwards, or nothing is written.
///
/// # Errors
/// [`AppError::Usage`] for a path that leads elsewhere and for a change that does not fit, [`AppError::Contract`] where no
/// contract can be read, [`AppError::Invalid`] where the changed contract is not valid.
pub fn run(context: &Context, options: &Options) -> Result<Outcome, AppError> {
    let directory = if options.path.is_empty() { "." } else { &options.path };
    let directory = directory.strip_prefix("file://").unwrap_or(directory);
    let target = within(context, directory)?;
    let opened = BundleDirectory::open(&target, directory)?;
    let shown = opened.shown(CONTRACT_FILE);
    let (document, bundle) = read(&opened, &Overrides::default(), Scope::Named, directory)?;
    let editor = Editor::new(document.source.text()).map_err(|error| refused(&error))?;
    let mut work = Work { directory: opened, editor, bundle, changes: Vec::new(), written: Vec::new() };
    work.service(options)?;
    work.interfaces(options, &document.contract)?;
    work.dependencies(options)?;
    work.runtime(options)?;
    work.configuration(options, &document.contract)?;
    work.metadata(options)?;
    work.instances(options)?;
    if work.changes.is_empty() {
        return Err(AppError::Usage("nothing is to change; say what".to_owned()));
    }
    let text = work.editor.text().to_owned();
    work.put(CONTRACT_FILE, &text)?;
    let changed = judged(&shown, &work.bundle)?;
    let summary = Summary::from(&changed.contract);
    if !options.dry_run {
        for (file, _) in &work.written {
            within(context, &format!("{directory}/{file}"))?;
        }
        // The contract comes last: whatever it names is there before it.
        for (file, text) in &work.written {
            let path: PathBuf = Path::new(directory).join(file);
            if let Some(parent) = target.join(file).parent() {
                fs::create_dir_all(parent).map_err(|source| AppError::File { path: path.clone(), source })?;
            }
            write::atomically(&context.directory, &path, text.as_bytes())?;
        }
    }
    Ok(Outcome { path: shown, summary, changes: work.changes, text: options.dry_run.then_some(text) })
}

fn refused(error: &EditError) -> AppError {
    AppError::Usage(error.to_string())
}

fn at(path: &[&str]) -> Pointer {
    path.iter().fold(Pointer::root(), |place, key| place.key(key))
}

struct Work {
    /// What is there already.
    directory: BundleDirectory,
    editor: Editor,
    bundle: Bundle,
    changes: Vec<String>,
    /// Files to write, in this order.
    written: Vec<(String, String)>,
}

impl Work {
    fn put(&mut self, file: &str, text: &str) -> Result<(), AppError> {
        let refuse = |error| AppError::Usage(format!("{file:?} cannot be a file of a bundle: {error}"));
        self.bundle.insert(file, text.as_bytes()).map_err(refuse)?;
        self.written.push((file.to_owned(), text.to_owned()));
        Ok(())
    }

    /// Takes a file that is there into the bundle, which has only what the contract named before.
    fn has(&mut self, file: &str) -> Result<bool, AppError> {
        if self.bundle.contains(file) {
            return Ok(true);
        }
        let Some(content) = self.directory.read(file)? else { return Ok(false) };
        self.directory.insert(&mut self.bundle, file, content)?;
        Ok(true)
    }

    fn set(&mut self, place: &Pointer, value: &Json) -> Result<(), AppError> {
        let before = self.editor.tree().find(place).and_then(|node| node.to_json().ok());
        if before.as_ref() == Some(value) {
            return Ok(());
        }
        self.editor.set(place, value).map_err(|error| refused(&error))?;
        self.changes.push(match before {
            None => format!("set {place} to {value}"),
            Some(before) => format!("changed {place} from {before} to {value}"),
        });
        Ok(())
    }

    fn json(&self, place: &Pointer) -> Option<Json> {
        self.editor.tree().find(place)?.to_json().ok()
    }

    fn service(&mut self, options: &Options) -> Result<(), AppError> {
        for (key, value) in
            [("name", &options.name), ("version", &options.version), ("owner", &options.owner)]
        {
            if let Some(value) = value.as_deref().filter(|value| !value.is_empty()) {
                self.set(&at(&["service", key]), &json!(value))?;
            }
        }
        Ok(())
    }

    /// The position of the entry of a list whose `keys` say one of `wanted`.
    fn position(&self, list: &str, keys: &[&str], wanted: &str) -> Option<usize> {
        let items = self.editor.tree().get(list)?.as_sequence()?;
        let says =
            |item: &Node| keys.iter().any(|key| item.get(key).and_then(Node::scalar_text) == Some(wanted));
        items.iter().position(says)
    }

    fn known(&self, list: &str, key: &str) -> String {
        let items = self.editor.tree().get(list).and_then(Node::as_sequence).unwrap_or_default();
        let names: Vec<&str> =
            items.iter().filter_map(|item| item.get(key).and_then(Node::scalar_text)).collect();
        if names.is_empty() { "there are none".to_owned() } else { format!("there are {}", names.join(", ")) }
    }

    fn remove(&mut self, list: &str, keys: &[&str], wanted: &str, what: &str) -> Result<(), AppError> {
        let position = self.position(list, keys, wanted).ok_or_else(|| {
            let known = self.known(list, keys.first().copied().unwrap_or_default());
            AppError::Usage(format!("there is no {what} {wanted:?}; {known}"))
        })?;
        self.editor.remove(&Pointer::root().key(list).index(position)).map_err(|error| refused(&error))?;
        self.changes.push(format!("removed {what} {wanted}"));
        Ok(())
    }

    fn append(&mut self, list: &str, value: &Json, what: &str) -> Result<(), AppError> {
        self.editor.append(&Pointer::root().key(list), value).map_err(|error| refused(&error))?;
        self.changes.push(format!("added {what}"));
        Ok(())
    }

    fn interfaces(&mut self, options: &Options, contract: &Contract) -> Result<(), AppError> {
        for name in &options.remove_interfaces {
            self.remove("interfaces", &["name"], name, "interface")?;
            for probe in ["health", "metrics"] {
                let place = at(&["runtime", probe]);
                let of = self.editor.tree().find(&place.key("interface")).and_then(Node::scalar_text);
                if of == Some(name) {
                    self.editor.remove(&place).map_err(|error| refused(&error))?;
                    self.changes.push(format!("removed runtime.{probe}, which was about it"));
                }
            }
        }
        for asked in &options.add_interfaces {
            if self.position("interfaces", &["name"], &asked.name).is_some() {
                return Err(AppError::Usage(format!("the interface {:?} is there already", asked.name)));
            }
            self.append(
                "interfaces",
                &interface(asked),
                &format!("interface {} ({})", asked.name, asked.kind),
            )?;
            let service = options.name.as_deref().unwrap_or(&contract.service.name);
            let text = files::interface_text(asked, service, &contract.service.version);
            if let Some((file, text)) = files::interface_path(asked).zip(text)
                && !self.has(&file)?
            {
                self.put(&file, &text)?;
                self.changes.push(format!("added {file} to start with"));
            }
        }
        Ok(())
    }

    fn dependencies(&mut self, options: &Options) -> Result<(), AppError> {
        for reference in &options.remove_dependencies {
            self.remove("dependencies", &["ref", "name"], reference, "dependency")?;
        }
        for asked in &options.add_dependencies {
            if self.position("dependencies", &["ref"], &asked.reference).is_some() {
                return Err(AppError::Usage(format!(
                    "the dependency {:?} is there already",
                    asked.reference
                )));
            }
            self.append("dependencies", &dependency(asked), &format!("dependency {}", asked.reference))?;
        }
        Ok(())
    }

    fn runtime(&mut self, options: &Options) -> Result<(), AppError> {
        let is_there = self.editor.tree().get("runtime").is_some();
        let state = self.json(&at(&["runtime", "state"]));
        if !is_there && (options.workload.is_some() || options.data.is_said()) {
            let workload = options.workload.as_deref().unwrap_or("service");
            return self
                .set(&at(&["runtime"]), &json!({"workload": workload, "state": options.data.state(None)}));
        }
        if let Some(workload) = options.workload.as_deref().filter(|workload| !workload.is_empty()) {
            self.set(&at(&["runtime", "workload"]), &json!(workload))?;
        }
        if options.data.is_said() {
            let new = options.data.state(state.as_ref());
            for path in [
                &["type"][..],
                &["persistence", "scope"],
                &["persistence", "durability"],
                &["dataCriticality"],
            ] {
                let pointer = at(path);
                let place = path.iter().fold(at(&["runtime", "state"]), |place, key| place.key(key));
                if let Some(value) = new.pointer(&pointer.to_json_pointer()) {
                    self.set(&place, value)?;
                }
            }
        }
        Ok(())
    }

    fn configuration(&mut self, options: &Options, contract: &Contract) -> Result<(), AppError> {
        if options.add_properties.is_empty() {
            return Ok(());
        }
        let declared: Vec<_> = contract.configurations.iter().collect();
        let implied = self.has(CONFIGURATION_SCHEMA)?.then(|| CONFIGURATION_SCHEMA.to_owned());
        let file = match declared.as_slice() {
            [] if implied.is_some() => {
                let entry = json!({"name": "default", "schema": CONFIGURATION_SCHEMA});
                self.append("configurations", &entry, "configuration default")?;
                implied
            }
            [] => None,
            [one] => one.schema.clone().or_else(|| implied.filter(|_| one.reference.is_none())),
            several => several.iter().find_map(|one| one.schema.clone()),
        };
        let Some(file) = file else {
            if !declared.is_empty() {
                let why = "its configuration has no schema of its own; the keys belong into the contract it refers to";
                return Err(AppError::Usage(why.to_owned()));
            }
            let entry = json!({"name": "default", "schema": files::SCHEMA_PATH});
            self.append("configurations", &entry, "configuration default")?;
            self.put(files::SCHEMA_PATH, &files::schema(&options.add_properties))?;
            let names: Vec<&str> = options.add_properties.iter().map(|property| &*property.name).collect();
            self.changes.push(format!("added {} with {}", files::SCHEMA_PATH, names.join(", ")));
            return Ok(());
        };
        let text = self.bundle.get(&file).map(<[u8]>::to_vec).unwrap_or_default();
        let mut schema: Json = serde_json::from_slice(&text)
            .map_err(|error| AppError::Usage(format!("{file} is no JSON that could be extended: {error}")))?;
        let known = files::add_properties(&mut schema, &options.add_properties);
        if let [first, ..] = known.as_slice() {
            return Err(AppError::Usage(format!("{file} has the property {first:?} already")));
        }
        self.put(&file, &files::pretty(&schema))?;
        for property in &options.add_properties {
            self.changes.push(format!("added property {} to {file}", property.name));
        }
        Ok(())
    }

    fn metadata(&mut self, options: &Options) -> Result<(), AppError> {
        for key in &options.remove_metadata {
            let place = at(&["metadata", key]);
            self.editor.remove(&place).map_err(|error| refused(&error))?;
            self.changes.push(format!("removed {place}"));
        }
        for (key, value) in &options.set_metadata {
            self.set(&at(&["metadata", key]), value)?;
        }
        Ok(())
    }

    fn instances(&mut self, options: &Options) -> Result<(), AppError> {
        let before = self.json(&at(&["scaling"]));
        let Some(scaling) = options.instances.scaling(before.as_ref()) else { return Ok(()) };
        let is_range = |value: &Json| value.get("min").is_some();
        let same_form = before.as_ref().is_some_and(|before| is_range(before) == is_range(&scaling));
        match (same_form, scaling.as_object()) {
            (true, Some(entries)) => {
                entries.iter().try_for_each(|(key, value)| self.set(&at(&["scaling", key]), value))
            }
            _ => self.set(&at(&["scaling"]), &scaling),
        }
    }
}
