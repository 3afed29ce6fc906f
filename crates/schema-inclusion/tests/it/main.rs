//! Questions with known answers, laws, and schemas made to hurt.

#[cfg(test)]
mod corpora;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod laws;
