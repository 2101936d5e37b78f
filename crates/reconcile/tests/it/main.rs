//! The drivers over documents in memory and an agent of the test's own: the clock is the test's, so
//! nothing waits, and every run is the same.

#[cfg(test)]
mod expiry;
#[cfg(test)]
mod fargate;
#[cfg(test)]
mod lab;
