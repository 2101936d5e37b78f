//! The words every crate shares: ARNs, accounts and regions, time, tags, pagination tokens and
//! the error shape of an AWS service.
//!
//! Nothing here does I/O, reads a clock or draws a random number.

pub mod arn;
pub mod error;
pub mod ids;
pub mod page;
pub mod rng;
pub mod tags;
pub mod time;

pub use arn::Arn;
pub use error::{AwsError, Fault};
pub use ids::{AccountId, Region};
pub use tags::Tags;
pub use time::Timestamp;
