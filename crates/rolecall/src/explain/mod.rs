//! `rolecall explain`: who was denied what, which policies were looked at, which statement came
//! closest and what of it failed, and the smallest change that allows the call.
//!
//! All of it comes from the record in the data directory, which this reads while the server writes
//! it; for a task, the server is asked why the task stopped, if it answers.

mod find;
mod fix;
mod holder;
mod observe;
mod report;
mod text;

pub use find::{Api, Found, TaskInfo, What, find};
pub use fix::{Change, Fix};
pub use holder::{Holder, HolderError};
pub use observe::{Observed, observe};
pub use report::{Allowed, CallerReport, ClosestReport, Denied, Failure, Looked, Place, Report};
pub use text::write;
