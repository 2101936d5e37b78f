//! A second, plain evaluator of the IAM language, and the random comparison with the first.
//!
//! `rolecall-policy` decides in nanoseconds; this crate decides slowly, straight from the text of
//! the policies, in the words of the documentation. The two share no code that parses or matches,
//! so that a mistake in one of them shows as a disagreement. [`generate::case`] makes policies and
//! requests at random, [`compare::compare`] asks both, [`minimize::minimize`] cuts a failing case
//! down to what matters. Failing cases are kept in `cases/` and run first.
//!
//! A case is one JSON object:
//!
//! ```json
//! {
//!   "principal": "alice", "action": "ecs:RunTask", "resource": "*",
//!   "resource_account": "123456789012",
//!   "context": {"aws:SourceIp": "192.0.2.1", "aws:TagKeys": ["a", "b"]},
//!   "identity": [{"Version": "2012-10-17", "Statement": []}],
//!   "boundary": [], "session": [], "resource_policy": {}, "trust": {}, "must_allow": true,
//!   "scps": [[{}]], "rcps": [[{}]]
//! }
//! ```
//!
//! Only the first three members are needed; `trust` is a `resource_policy` that is the trust
//! policy of a role. The callers stand in [`cast`].

pub mod case;
pub mod cast;
pub mod compare;
pub mod conditions;
pub mod decide;
pub mod generate;
pub mod minimize;
pub mod principals;
pub mod random;
pub mod resources;
pub mod statements;
pub mod text;
pub mod values;
