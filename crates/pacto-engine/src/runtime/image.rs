//! How images are compared.
