//! A directory of bundles on this machine, watched.

mod watching;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use pacto_app::Context;
use pacto_contract::bundle::CONTRACT_FILE;
use pacto_contract::limits::{MAX_CONTRACTS_PER_RUN, MAX_SEARCH_DIRECTORIES};
use pacto_contract::version::highest;
use pacto_contract::{Reference, VersionRange};
use pacto_engine::library::{Request, Resolved};
use pacto_engine::validate::Validator;
use pacto_oci::directory::{BundleDirectory, Search, is_searched, normalize, search};
use pacto_oci::parallel;
use watching::Watching;

use super::history::{Known, classify, open_pairs};
use crate::bundles::{Bundles, read_directory};
use crate::catalog::{Catalog, Services};
use crate::judge::judge;
use crate::record::{
    ContractRecord, Place, ServiceRecord, Shared, VersionRecord, contract_hash, newest_first,
};
use crate::wire::report::{SourceError, SourceLocation, SourceState};
use crate::wire::service::SourceKind;

/// How long changes are collected before the directory is read again.
const SETTLE: Duration = Duration::from_millis(80);
/// How long that may take where something is written all the time.
const SETTLE_AT_MOST: Duration = Duration::from_secs(1);
/// How often the directory is looked at without being told, for file systems that tell nothing.
const LOOK_AGAIN: Duration = Duration::from_secs(30);
/// How often it is looked in a row for what came into new directories.
const LOOKS_AT_MOST: usize = 3;
/// How often what was read so far is shown while many contracts are read.
const SHOW_EVERY: Duration = Duration::from_millis(500);
/// Contracts that are in memory at once while many are read.
const READ_AT_ONCE: usize = 256;
/// Most places with errors that are listed.
const MAX_LISTED: usize = 200;

/// A directory of bundles.
#[derive(Debug)]
pub struct LocalSource {
    root: PathBuf,
    shown: String,
    context: Arc<Context>,
    bundles: Arc<Bundles>,
    catalog: Arc<Catalog>,
    /// Directories of bundles that were read, with what they looked like then.
    read: HashMap<Arc<Path>, (u64, Entry)>,
    /// Versions of those that were read, by name of the service.
    by_name: ByName,
    shared: Shared,
    /// Whether there may be contracts that the search did not reach.
    is_cut: bool,
    /// Why the system does not tell of changes, or not of all.
    unwatched: Option<String>,
}

/// What came of one directory.
type Entry = Result<Loaded, String>;

/// A bundle that was read.
#[derive(Debug, Clone)]
struct Loaded {
    record: Arc<ContractRecord>,
    hash: [u8; 32],
    created: Option<Timestamp>,
}

/// Tells the thread of the source to look now, or, by its end, to stop.
#[derive(Debug, Clone)]
pub struct Nudge(Sender<()>, Arc<AtomicBool>);

impl Nudge {
    /// Looks now.
    pub fn now(&self) {
        self.1.store(true, Ordering::Release);
        // A source that has stopped looks at nothing any more.
        let _ = self.0.send(());
    }
}

impl LocalSource {
    /// The directory `root`, which users call `shown`.
    pub fn new(
        root: PathBuf,
        shown: String,
        context: Arc<Context>,
        bundles: Arc<Bundles>,
        catalog: Arc<Catalog>,
    ) -> Self {
        Self {
            root,
            shown,
            context,
            bundles,
            catalog,
            read: HashMap::new(),
            by_name: ByName::new(),
            shared: Shared::default(),
            is_cut: false,
            unwatched: None,
        }
    }

    /// Reads the directory, and from then on what changes in it, on a thread of its own that ends with the process.
    pub fn start(mut self) -> Nudge {
        let (sender, receiver) = channel();
        let asked = Arc::new(AtomicBool::new(false));
        let nudge = Nudge(sender.clone(), Arc::clone(&asked));
        std::thread::spawn(move || self.run(sender, &receiver, &asked));
        nudge
    }

    fn run(&mut self, sender: Sender<()>, receiver: &Receiver<()>, asked: &AtomicBool) {
        let mut watching = Watching::new(self.root.clone(), sender);
        let mut changed = None;
        let mut looked = Instant::now();
        loop {
            // Where something is written all the time, what nobody tells of is looked for all the same.
            match changed.take().filter(|_| looked.elapsed() < LOOK_AGAIN) {
                Some(bundles) => self.look_at(bundles),
                None => {
                    self.look_everywhere(&mut watching);
                    looked = Instant::now();
                }
            }
            match receiver.recv_timeout(LOOK_AGAIN) {
                Ok(()) => {}
                Err(RecvTimeoutError::Timeout) => continue,
                Err(RecvTimeoutError::Disconnected) => return,
            }
            // An editor writes more than once.
            let until = Instant::now() + SETTLE_AT_MOST;
            while Instant::now() < until && receiver.recv_timeout(SETTLE).is_ok() {}
            let is_asked_for = asked.swap(false, Ordering::AcqRel);
            changed =
                watching.changed_files().filter(|_| !is_asked_for).and_then(|files| self.bundles_of(&files));
        }
    }

    /// Looks at everything, and watches what there is.
    fn look_everywhere(&mut self, watching: &mut Watching) {
        // What came into a new directory before it was watched is seen by one more look. Where directories come and go all
        // the time, as those of processes, there is always a new one.
        for _ in 0..LOOKS_AT_MOST {
            if !watching.set(self.look()) {
                break;
            }
        }
        self.tell_trouble(watching.trouble());
    }

    /// The bundles that these files belong to. None where one belongs to none that is known, or is the contract of one that is
    /// one no more.
    fn bundles_of(&self, files: &BTreeSet<PathBuf>) -> Option<BTreeSet<Arc<Path>>> {
        let mut bundles = BTreeSet::new();
        for file in files {
            // One bundle may lie in another.
            let above = file.ancestors().skip(1).filter_map(|above| self.read.get_key_value(above));
            let found: Vec<Arc<Path>> = above.map(|(path, _)| Arc::clone(path)).collect();
            let is_new = file.file_name().is_some_and(|name| name == CONTRACT_FILE)
                && file.parent().is_none_or(|parent| !self.read.contains_key(parent));
            if found.is_empty() || is_new || !found.iter().all(|path| path.join(CONTRACT_FILE).is_file()) {
                return None;
            }
            bundles.extend(found);
        }
        Some(bundles)
    }

    /// Reads what is different in some bundles, where nothing else changed.
    fn look_at(&mut self, bundles: BTreeSet<Arc<Path>>) {
        let different = |path: Arc<Path>| {
            let (print, _) = fingerprint(&path);
            self.read.get(&path).is_none_or(|(known, _)| *known != print).then_some((path, print))
        };
        let changed: Vec<(Arc<Path>, u64)> = bundles.into_iter().filter_map(different).collect();
        if !changed.is_empty() {
            self.bundles.forget_directories();
            self.load(&changed, HashSet::new());
            self.shared.sweep();
        }
        self.publish(changed.is_empty(), &changed);
    }

    fn tell_trouble(&mut self, trouble: Option<&str>) {
        if self.unwatched.as_deref() != trouble {
            self.unwatched = trouble.map(str::to_owned);
            let notes = self.notes();
            self.catalog.update_status(SourceKind::Local, |status| {
                (status.notes, status.is_polled) = (notes, trouble.is_some());
            });
        }
    }

    /// What to know about how it looks.
    fn notes(&self) -> Vec<String> {
        let unwatched = self
            .unwatched
            .as_ref()
            .map(|why| format!("Changes are looked for every {} seconds: {why}.", LOOK_AGAIN.as_secs()));
        let cut = self.is_cut.then(|| {
            format!(
                "The search ended after {MAX_SEARCH_DIRECTORIES} directories, those nearest to {} first; there may be \
                 more contracts. Name a directory further down.",
                self.shown
            )
        });
        unwatched.into_iter().chain(cut).collect()
    }

    /// Reads what is new or different; the directories whose changes matter.
    fn look(&mut self) -> BTreeSet<PathBuf> {
        let Search { bundles: mut found, entered, is_cut } = match search(&self.root) {
            Ok(found) => found,
            Err(error) => {
                self.fail(&error);
                // It may come back.
                return BTreeSet::from([self.root.clone()]);
            }
        };
        found.truncate(MAX_CONTRACTS_PER_RUN);
        let is_same_cut = self.is_cut == is_cut;
        self.is_cut = is_cut;
        let mut watched: BTreeSet<PathBuf> = entered.into_iter().collect();
        let prints = parallel::map(parallel::processors(), &found, |path| fingerprint(path));
        let mut changed: Vec<(Arc<Path>, u64)> = Vec::new();
        for (path, (print, directories)) in found.iter().zip(prints) {
            watched.extend(directories);
            if self.read.get(path.as_path()).is_none_or(|(known, _)| *known != print) {
                changed.push((Arc::from(path.as_path()), print));
            }
        }
        let there: HashSet<&Path> = found.iter().map(PathBuf::as_path).collect();
        let gone: Vec<Arc<Path>> =
            self.read.keys().filter(|path| !there.contains(&***path)).cloned().collect();
        drop(found);
        let is_same = changed.is_empty() && gone.is_empty() && is_same_cut;
        if !is_same {
            self.bundles.forget_directories();
            let names = gone.iter().filter_map(|path| self.name_of(path)).collect();
            for path in &gone {
                self.forget(path);
            }
            self.load(&changed, names);
            self.shared.sweep();
        }
        self.publish(is_same, &changed);
        watched
    }

    /// Reads what changed, a part at a time so that memory stays small; then judges again what refers to it.
    fn load(&mut self, changed: &[(Arc<Path>, u64)], mut names: HashSet<Arc<str>>) {
        let before = changed.iter().filter_map(|(path, _)| self.name_of(path));
        names.extend(before.collect::<Vec<_>>());
        self.load_parts(changed);
        names.extend(changed.iter().filter_map(|(path, _)| self.name_of(path)).collect::<Vec<_>>());
        let new: HashSet<&Arc<Path>> = changed.iter().map(|(path, _)| path).collect();
        let again = self.referring(names, |path, record| !new.contains(path) || record.is_judged_in_part);
        self.load_parts(&again);
    }

    fn load_parts(&mut self, wanted: &[(Arc<Path>, u64)]) {
        let validator = Validator::default();
        let mut shown = Instant::now();
        for part in wanted.chunks(READ_AT_ONCE) {
            if shown.elapsed() > SHOW_EVERY {
                let services = Arc::new(self.services());
                self.catalog.update(|contents| contents.local = services);
                shown = Instant::now();
            }
            let entries =
                parallel::map(parallel::processors(), part, |(path, _)| self.read(path, &validator));
            for ((path, print), entry) in part.iter().zip(entries) {
                self.keep(path, *print, entry);
            }
        }
    }

    /// Keeps what came of a directory.
    fn keep(&mut self, path: &Arc<Path>, print: u64, mut entry: Entry) {
        self.forget(path);
        if let Ok(loaded) = &mut entry {
            let record = self.shared.share(Arc::unwrap_or_clone(Arc::clone(&loaded.record)));
            let versions = self.by_name.entry(Arc::clone(&record.name)).or_default();
            let position = versions.partition_point(|(_, known)| known < path);
            versions.insert(position, (Arc::clone(&record.version), Arc::clone(path)));
            loaded.record = Arc::new(record);
        }
        self.read.insert(Arc::clone(path), (print, entry));
    }

    fn forget(&mut self, path: &Path) {
        if let Some((_, Ok(loaded))) = self.read.remove(path)
            && let Some(versions) = self.by_name.get_mut(&loaded.record.name)
        {
            versions.retain(|(_, known)| **known != *path);
            if versions.is_empty() {
                self.by_name.remove(&loaded.record.name);
            }
        }
    }

    fn name_of(&self, path: &Path) -> Option<Arc<str>> {
        let (_, entry) = self.read.get(path)?;
        Some(Arc::clone(&entry.as_ref().ok()?.record.name))
    }

    /// Those that refer to one of `names`, those that refer to these, and so on, as far as `is_wanted` says.
    fn referring(
        &self,
        mut names: HashSet<Arc<str>>,
        is_wanted: impl Fn(&Arc<Path>, &ContractRecord) -> bool,
    ) -> Vec<(Arc<Path>, u64)> {
        let mut found: BTreeMap<&Arc<Path>, u64> = BTreeMap::new();
        loop {
            let size = names.len();
            for (path, (print, entry)) in &self.read {
                let Ok(entry) = entry else { continue };
                let mut references = entry.record.references.iter();
                if references.any(|reference| names.contains(&reference.name)) {
                    names.insert(Arc::clone(&entry.record.name));
                    if is_wanted(path, &entry.record) {
                        found.insert(path, *print);
                    }
                }
            }
            if names.len() == size {
                return found.into_iter().map(|(path, print)| (Arc::clone(path), print)).collect();
            }
        }
    }

    /// Reads and judges one contract.
    fn read(&self, path: &Arc<Path>, validator: &Validator) -> Entry {
        let resolved =
            read_directory(&self.context, path).map_err(|error| match error.findings().first() {
                Some(finding) => format!("{error}: {}", finding.message),
                None => error.to_string(),
            })?;
        self.context.sources.registries.trust_contract(&resolved.document.contract);
        let find = |request: &Request| self.find(request);
        let (document, bundle) = (&resolved.document, &resolved.bundle);
        let judged = judge(validator, document, bundle, &resolved.origin, &find);
        let place = Place::Directory(Arc::clone(path));
        let record = ContractRecord::new(document, place, &judged.report, judged.is_partial);
        let hash = contract_hash(document.source.text().as_bytes());
        let created = std::fs::metadata(path.join(CONTRACT_FILE)).and_then(|file| file.modified()).ok();
        let created = created.and_then(|time| Timestamp::try_from(time).ok());
        Ok(Loaded { record: Arc::new(record), hash, created })
    }

    /// A contract that another one refers to, by path or by name.
    fn find(&self, request: &Request) -> Option<Arc<Resolved>> {
        match &request.reference {
            Reference::Local(path) => {
                self.bundles.open_directory(&normalize(&Path::new(&request.base).join(path)))
            }
            reference => {
                // A digest means those bytes, which a directory cannot promise.
                if reference.as_oci().is_some_and(|oci| oci.digest.is_some()) {
                    return None;
                }
                let versions = self.by_name.get(reference.default_name())?;
                let names = versions.iter().map(|(version, _)| &**version);
                let tag = reference.as_oci().and_then(|oci| oci.tag.as_deref());
                let range = request.constraint.as_deref().and_then(|text| VersionRange::parse(text).ok());
                let wanted = match tag {
                    Some(tag) => tag,
                    None => highest(names, range.as_ref())?,
                };
                let (_, directory) = versions.iter().find(|(version, _)| &**version == wanted)?;
                self.bundles.open_directory(directory)
            }
        }
    }

    /// Puts everything on the board; then compares versions that were not compared yet, and puts that there too.
    fn publish(&self, is_same: bool, changed: &[(Arc<Path>, u64)]) {
        let now = Timestamp::now();
        if is_same {
            return self.catalog.update_status(SourceKind::Local, |status| {
                (status.as_of, status.last_success, status.last_error) = (Some(now), Some(now), None);
                status.state = SourceState::Live;
            });
        }
        let before = Arc::clone(&self.catalog.contents().local);
        let mut known = Known::of(before.values().map(|service| service.versions.as_slice()));
        let touched: HashSet<&Arc<Path>> = changed.iter().map(|(path, _)| path).collect();
        known.forget(|place| matches!(place, Place::Directory(path) if touched.contains(path)));
        let mut services = self.services();
        for service in services.values_mut() {
            let mut record = ServiceRecord::clone(service);
            known.fill(&mut record.versions);
            // What did not change stays the same value, so that the index need not look at it.
            *service = match before.get(&record.current.name) {
                Some(old) if **old == record => Arc::clone(old),
                _ => Arc::new(record),
            };
        }
        let (locations, failed) = self.locations();
        let notes = self.notes();
        self.catalog.update(|contents| {
            contents.local = Arc::new(services.clone());
            let status = contents.status.entry(SourceKind::Local).or_default();
            (status.as_of, status.last_success, status.last_error) = (Some(now), Some(now), None);
            (status.enabled, status.state, status.locations) = (true, SourceState::Live, locations);
            (status.failed, status.notes) = (failed, notes);
        });
        if self.classify(&mut services) {
            self.catalog.update(|contents| contents.local = Arc::new(services));
        }
    }

    /// Compares what was not compared yet; whether there was something.
    fn classify(&self, services: &mut Services) -> bool {
        let open: Vec<Arc<ServiceRecord>> =
            services.values().filter(|service| !open_pairs(&service.versions).is_empty()).cloned().collect();
        let compared = parallel::map(parallel::processors(), &open, |service| {
            let mut record = ServiceRecord::clone(service);
            for (newer, older) in open_pairs(&service.versions) {
                let open = |position: usize| match service.versions.get(position)?.place.as_ref()? {
                    Place::Directory(path) => self.bundles.open_directory(path),
                    Place::Repository { .. } => None,
                };
                if let (Some(new), Some(old)) = (open(newer), open(older))
                    && let Some(version) = record.versions.get_mut(newer)
                {
                    version.classification = Some(classify(&old, &new));
                }
            }
            record
        });
        let is_any = !compared.is_empty();
        for record in compared {
            services.insert(Arc::clone(&record.current.name), Arc::new(record));
        }
        is_any
    }

    fn services(&self) -> Services {
        let mut versions: BTreeMap<Arc<str>, Vec<(&Arc<Path>, &Loaded)>> = BTreeMap::new();
        let mut loaded: Vec<_> = self.read.iter().collect();
        loaded.sort_by_key(|(path, _)| *path);
        for (path, (_, entry)) in loaded {
            if let Ok(entry) = entry {
                let known = versions.entry(Arc::clone(&entry.record.name)).or_default();
                // Two directories with one version: the first by path is meant.
                if known.iter().all(|(_, other)| other.record.version != entry.record.version) {
                    known.push((path, entry));
                }
            }
        }
        let service = |(name, mut entries): (Arc<str>, Vec<(&Arc<Path>, &Loaded)>)| {
            entries
                .sort_by(|(_, left), (_, right)| newest_first(&left.record.version, &right.record.version));
            // As in a registry: a pre-release is current only where there is nothing else.
            let highest = highest(entries.iter().map(|(_, entry)| &*entry.record.version), None);
            let current = entries.iter().find(|(_, entry)| Some(&*entry.record.version) == highest);
            let current = Arc::clone(&current.or_else(|| entries.first())?.1.record);
            let versions = entries.into_iter().map(|(path, entry)| VersionRecord {
                version: Arc::clone(&entry.record.version),
                place: Some(entry.record.place.clone()),
                reference: pacto_app::sources::shown_from(&self.context.directory, path).into(),
                hash: Some(entry.hash),
                created: entry.created,
                classification: None,
            });
            Some((name, Arc::new(ServiceRecord { current, versions: versions.collect() })))
        };
        versions.into_iter().filter_map(service).collect()
    }

    /// Directories that are not shown, because another one holds the same version of the same service.
    fn twins(&self) -> Vec<(&Path, String)> {
        let mut first: HashMap<(&str, &str), &Path> = HashMap::new();
        let mut loaded: Vec<_> = self.read.iter().collect();
        loaded.sort_by_key(|(path, _)| *path);
        let mut twins = Vec::new();
        for (path, (_, entry)) in loaded {
            let Ok(entry) = entry else { continue };
            let (name, version) = (&*entry.record.name, &*entry.record.version);
            match first.get(&(name, version)) {
                Some(other) => {
                    let other = pacto_app::sources::shown_from(&self.context.directory, other);
                    twins.push((&**path, format!("{name} {version} is also in {other}, which is shown")));
                }
                None => {
                    first.insert((name, version), path);
                }
            }
        }
        twins
    }

    /// Places, those with errors first; and how many have one.
    fn locations(&self) -> (Vec<SourceLocation>, usize) {
        let location = |reference: String, state, error| SourceLocation {
            reference,
            state,
            service: None,
            versions: None,
            error,
        };
        let mut broken: Vec<_> = self
            .read
            .iter()
            .filter_map(|(path, (_, entry))| Some((path, entry.as_ref().err()?)))
            .map(|(path, error)| {
                let shown = pacto_app::sources::shown_from(&self.context.directory, path);
                location(shown, SourceState::Failing, Some(error.clone()))
            })
            .collect();
        broken.extend(self.twins().into_iter().map(|(path, error)| {
            let shown = pacto_app::sources::shown_from(&self.context.directory, path);
            location(shown, SourceState::Failing, Some(error))
        }));
        broken.sort_by(|left, right| left.reference.cmp(&right.reference));
        let failed = broken.len();
        broken.truncate(MAX_LISTED);
        broken.push(location(self.shown.clone(), SourceState::Live, None));
        (broken, failed)
    }

    fn fail(&self, error: &std::io::Error) {
        let error = SourceError {
            message: format!("{} cannot be read: {error}", self.shown),
            at: Timestamp::now().to_string(),
            hint: Some("check that the directory is there and may be read".to_owned()),
        };
        self.catalog.update_status(SourceKind::Local, |status| {
            status.enabled = true;
            status.state =
                if status.last_success.is_some() { SourceState::Stale } else { SourceState::Failing };
            // The same failure once more is no news.
            if status.last_error.as_ref().is_none_or(|known| known.message != error.message) {
                status.last_error = Some(error);
            }
        });
    }
}

/// Versions and directories by name of the service, by directory.
type ByName = HashMap<Arc<str>, Vec<(Arc<str>, Arc<Path>)>>;

/// What the files of a bundle look like from outside: names, sizes and times; and the directories that they lie in. As the
/// search, it does not enter hidden directories and folders of dependencies.
fn fingerprint(path: &Path) -> (u64, Vec<PathBuf>) {
    let mut hasher = DefaultHasher::new();
    let mut directories = vec![path.to_owned()];
    let mut wanted = |file: &str, is_directory: bool| {
        let is_entered = !is_directory || is_searched(file.rsplit('/').next().unwrap_or(file));
        if is_directory && is_entered {
            directories.push(path.join(file));
        }
        is_entered
    };
    let files = BundleDirectory::open(path, "").and_then(|directory| directory.files(&mut wanted));
    // Where there is too much to look at, the contract itself is.
    for file in files.unwrap_or_else(|_| vec![CONTRACT_FILE.to_owned()]) {
        let metadata = std::fs::metadata(path.join(&file));
        let seen = metadata.map(|metadata| (metadata.len(), metadata.modified().ok())).ok();
        (file, seen).hash(&mut hasher);
    }
    (hasher.finish(), directories)
}
