//! Policies from what was called: the smallest one that allows it ([`generate`](mod@generate)),
//! what a policy grants beyond it ([`diff`](mod@diff)), what a policy grants too widely
//! ([`check`](mod@check)), and all of it as JSON, Terraform or CloudFormation ([`render`]).
//!
//! The crate is pure: it is given [`Observation`]s, which a record of calls holds, and policies as
//! texts.
//!
//! ```
//! use rolecall_advise::{Observation, generate::{Options, generate}};
//!
//! let seen = [Observation::allowed(
//!     "ecs:StopTask",
//!     "arn:aws:ecs:us-east-1:123456789012:task/prod/0123456789abcdef0123456789abcdef",
//! )];
//! let generated = generate(&seen, &Options::default())?;
//! let statement = &generated.policies[0].statements[0];
//! assert_eq!(statement.resources(), ["arn:aws:ecs:us-east-1:123456789012:task/prod/*"]);
//! # Ok::<(), rolecall_advise::generate::TooLarge>(())
//! ```

pub mod check;
pub mod diff;
mod document;
pub mod generate;
mod notes;
mod observation;
pub mod render;
pub mod rules;

pub use document::{Condition, NotAStatement, PolicyDocument, Statement, Values};
pub use notes::note;
pub use observation::Observation;
