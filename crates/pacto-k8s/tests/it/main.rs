//! Resources of every shape, and clusters that come, change, stop answering and go.

#[cfg(test)]
mod cluster;
#[cfg(test)]
mod connecting;
#[cfg(test)]
mod definitions;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod observing;
#[cfg(test)]
mod outages;
#[cfg(test)]
mod projecting;
#[cfg(test)]
mod scripted;
#[cfg(test)]
mod watching;
