//! The service over a pipeline that records its calls.

#[cfg(test)]
mod lookup;
#[cfg(test)]
mod trails;
