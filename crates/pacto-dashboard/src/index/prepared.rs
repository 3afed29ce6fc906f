//! Answers that are the same for everybody: known by a digest, compressed once.

use std::io::{self, BufWriter, Write};
use std::sync::OnceLock;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::record::hexadecimal;

/// Bytes that are handed on at once; the parts of JSON are small.
const PART: usize = 64 * 1024;

/// A JSON document as almost everybody reads it: compressed with gzip, made when it is first asked for. As it is it would take
/// twenty times the memory, all the time.
#[derive(Debug, Default)]
pub struct Prepared(OnceLock<Bytes>);

impl Prepared {
    /// The compressed document; `value` makes what is written, once.
    pub fn compressed<T: Serialize>(&self, value: impl FnOnce() -> T) -> Bytes {
        let compress = || {
            let mut writer = BufWriter::with_capacity(PART, GzEncoder::new(Vec::new(), Compression::fast()));
            // Memory takes everything, and what cannot be written is no type of the API.
            let _ = serde_json::to_writer(&mut writer, &value());
            let encoder = writer.into_inner().ok();
            Bytes::from(
                encoder.and_then(|encoder| encoder.finish().ok()).unwrap_or_default().into_boxed_slice(),
            )
        };
        self.0.get_or_init(compress).clone()
    }
}

/// The first half of a SHA-256: plenty to tell two documents apart.
pub fn digest(bytes: &[u8]) -> String {
    short(Sha256::new_with_prefix(bytes))
}

/// The digest of a value as JSON, without keeping the text.
pub fn digest_of(value: &impl Serialize) -> String {
    let mut writer = BufWriter::with_capacity(PART, Hashing(Sha256::new()));
    // Hashing takes everything.
    let _ = serde_json::to_writer(&mut writer, value);
    writer.into_inner().map_or_else(|_| String::new(), |hashing| short(hashing.0))
}

fn short(hash: Sha256) -> String {
    hexadecimal(hash.finalize().get(..16).unwrap_or_default())
}

struct Hashing(Sha256);

impl Write for Hashing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use flate2::read::GzDecoder;

    use super::*;

    #[test]
    fn a_value_has_the_digest_of_its_text() {
        let value = vec!["a"; 40_000];
        assert_eq!(digest_of(&value), digest(&serde_json::to_vec(&value).unwrap()));
    }

    #[test]
    fn what_is_compressed_is_the_text_and_is_made_once() {
        let prepared = Prepared::default();
        let first = prepared.compressed(|| [1, 2]);
        let mut text = String::new();
        GzDecoder::new(&*first).read_to_string(&mut text).unwrap();
        assert_eq!(text, "[1,2]");
        assert_eq!(prepared.compressed(|| [3, 4]), first);
    }
}
