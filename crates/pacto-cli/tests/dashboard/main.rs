//! `pacto dashboard`: the server on a real listener, over real directories, registries and clusters.

#[cfg(test)]
mod cluster;
#[cfg(test)]
mod endpoints;
#[cfg(test)]
mod guarded;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod live;
#[cfg(test)]
mod openapi;
#[cfg(test)]
mod registries;
#[cfg(test)]
mod running;
#[cfg(test)]
mod soaking;
#[cfg(test)]
mod starting;
