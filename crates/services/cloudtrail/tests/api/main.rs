//! The service over a pipeline that records its calls.

#[cfg(test)]
mod lookup;
#[cfg(test)]
mod recorded;
#[cfg(test)]
mod trails;
