//! Answers that are made once and sent often.

use std::io::Write as _;
use std::sync::OnceLock;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::record::hexadecimal;

/// A JSON document, plain and compressed.
#[derive(Debug)]
pub struct Prepared {
    /// As it is.
    pub plain: Bytes,
    /// Identity of its content.
    pub digest: String,
    compressed: OnceLock<Bytes>,
}

impl Prepared {
    /// Writes `value`; one that cannot be written is `null`, which no type of the API can be.
    pub fn new(value: &impl Serialize) -> Self {
        let plain = Bytes::from(serde_json::to_vec(value).unwrap_or_else(|_| b"null".to_vec()));
        Self { digest: digest(&plain), plain, compressed: OnceLock::new() }
    }

    /// Compressed with gzip.
    pub fn compressed(&self) -> Bytes {
        let compress = || {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
            // Memory takes everything.
            let _ = encoder.write_all(&self.plain);
            Bytes::from(encoder.finish().unwrap_or_default())
        };
        self.compressed.get_or_init(compress).clone()
    }
}

/// The first half of a SHA-256: plenty to tell two documents apart.
pub fn digest(bytes: &[u8]) -> String {
    let hash = Sha256::digest(bytes);
    hexadecimal(hash.get(..16).unwrap_or_default())
}
