//! Where in a document something is: a JSON Pointer that also prints as a dotted path.

use std::fmt;

/// One step of a [`Pointer`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Segment {
    /// The value of a mapping key.
    Key(Box<str>),
    /// An element of a sequence, counted from 0.
    Index(usize),
}

/// A position in a document tree, from the root down.
///
/// `Display` gives the path that people read (`interfaces[0].port`, empty for the root);
/// [`Pointer::to_json_pointer`] gives RFC 6901 (`/interfaces/0/port`).
///
/// ```
/// use pacto_contract::Pointer;
/// let pointer = Pointer::root().key("interfaces").index(0).key("port");
/// assert_eq!(pointer.to_string(), "interfaces[0].port");
/// assert_eq!(pointer.to_json_pointer(), "/interfaces/0/port");
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pointer(Vec<Segment>);

impl Pointer {
    /// The whole document.
    pub fn root() -> Self {
        Self::default()
    }

    /// This position, then the value of `key`.
    #[must_use]
    pub fn key(&self, key: &str) -> Self {
        let mut next = self.clone();
        next.0.push(Segment::Key(key.into()));
        next
    }

    /// This position, then element `index`.
    #[must_use]
    pub fn index(&self, index: usize) -> Self {
        let mut next = self.clone();
        next.0.push(Segment::Index(index));
        next
    }

    /// Goes one step down, to the value of `key`.
    pub fn push_key(&mut self, key: &str) {
        self.0.push(Segment::Key(key.into()));
    }

    /// Goes one step down, to element `index`.
    pub fn push_index(&mut self, index: usize) {
        self.0.push(Segment::Index(index));
    }

    /// Goes one step up.
    pub fn pop(&mut self) {
        self.0.pop();
    }

    /// The steps from the root.
    pub fn segments(&self) -> &[Segment] {
        &self.0
    }

    /// Whether this is the whole document.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// The position one step up; the root has none.
    pub fn parent(&self) -> Option<Self> {
        let (_, rest) = self.0.split_last()?;
        Some(Self(rest.to_vec()))
    }

    /// Reads a dotted path written by this program (`a.b[0].c`). Keys with dots or brackets cannot be written
    /// this way; build the pointer with [`Pointer::key`] for those.
    pub fn from_path(path: &str) -> Self {
        let mut pointer = Self::root();
        for part in path.split('.').filter(|part| !part.is_empty()) {
            let (key, mut rest) = part.split_at(part.find('[').unwrap_or(part.len()));
            if !key.is_empty() {
                pointer.0.push(Segment::Key(key.into()));
            }
            while let Some(inner) = rest.strip_prefix('[') {
                let Some((index, tail)) = inner.split_once(']') else { break };
                if let Ok(index) = index.parse() {
                    pointer.0.push(Segment::Index(index));
                }
                rest = tail;
            }
        }
        pointer
    }

    /// Reads RFC 6901. Steps that are all digits become indexes; a lookup accepts them for mapping keys too.
    pub fn from_json_pointer(text: &str) -> Self {
        let mut pointer = Self::root();
        for raw in text.split('/').skip(1) {
            let step = raw.replace("~1", "/").replace("~0", "~");
            let canonical = step == "0" || !step.starts_with('0');
            match step.parse() {
                Ok(index) if canonical => pointer.0.push(Segment::Index(index)),
                _ => pointer.0.push(Segment::Key(step.into())),
            }
        }
        pointer
    }

    /// The RFC 6901 text, empty for the root.
    pub fn to_json_pointer(&self) -> String {
        let mut text = String::new();
        for segment in &self.0 {
            text.push('/');
            match segment {
                Segment::Key(key) => text.push_str(&key.replace('~', "~0").replace('/', "~1")),
                Segment::Index(index) => text.push_str(&index.to_string()),
            }
        }
        text
    }
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, segment) in self.0.iter().enumerate() {
            match segment {
                Segment::Index(index) => write!(f, "[{index}]")?,
                Segment::Key(key) if key.is_empty() || key.contains(['.', '[', ']', '"', ' ']) => {
                    write!(f, "[{key:?}]")?;
                }
                Segment::Key(key) if position == 0 => f.write_str(key)?,
                Segment::Key(key) => write!(f, ".{key}")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn prints_both_forms() {
        let pointer = Pointer::root().key("a/b").key("x.y").index(3).key("~");
        assert_eq!(pointer.to_string(), r#"a/b["x.y"][3].~"#);
        assert_eq!(pointer.to_json_pointer(), "/a~1b/x.y/3/~0");
        assert_eq!(Pointer::root().to_string(), "");
        assert_eq!(Pointer::root().parent(), None);
    }

    #[test]
    fn reads_a_dotted_path() {
        assert_eq!(Pointer::from_path("a.b[0][2].c").to_json_pointer(), "/a/b/0/2/c");
        assert_eq!(Pointer::from_path(""), Pointer::root());
    }

    proptest! {
        #[test]
        fn json_pointer_round_trip(keys in proptest::collection::vec("[a-z~/.]{0,6}", 0..6)) {
            let pointer = keys.iter().fold(Pointer::root(), |pointer, key| pointer.key(key));
            prop_assert_eq!(Pointer::from_json_pointer(&pointer.to_json_pointer()), pointer);
        }
    }
}
