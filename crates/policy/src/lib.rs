//! The IAM policy language: parse, validate, compile, evaluate, explain.
//!
//! A [`Policy`] is parsed once, when it is written, and decided from many times. [`evaluate`] takes
//! a [`Request`] and the [`Layers`] of policies that apply to it and answers with a [`Decision`]
//! that names the statement that decided. [`explain`] looks again, more slowly, and says what came
//! closest and which statement would have allowed the request. [`lint`](fn@lint) looks at a
//! [`Document`] alone, for what it grants too widely.
//!
//! The crate is pure: no I/O, no clock, no threads. Where AWS documentation is silent or
//! contradicts itself, the choice made here is written down in [`adjudication`].
//!
//! ```
//! use rolecall_policy::{evaluate, Context, Layers, NamedPolicy, Policy, PolicyKind};
//! use rolecall_policy::{Principal, Request};
//!
//! let policy = Policy::parse(
//!     r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"ecs:Run*","Resource":"*"}}"#,
//!     PolicyKind::Identity,
//! )?;
//! let principal = Principal::user(
//!     "123456789012",
//!     "arn:aws:iam::123456789012:user/alice",
//!     "AIDAEXAMPLE",
//! );
//! let context = Context::new();
//! let request = Request {
//!     principal: &principal,
//!     action: "ecs:RunTask",
//!     resource: "arn:aws:ecs:us-east-1:123456789012:task-definition/web:1",
//!     resource_account: None,
//!     context: &context,
//! };
//! let identity = [NamedPolicy { name: "run-tasks", policy: &policy }];
//! let layers = Layers { identity: &identity, ..Layers::default() };
//! assert!(evaluate(&request, &layers).allowed());
//! # Ok::<(), rolecall_policy::PolicyError>(())
//! ```

mod action;
pub mod adjudication;
mod arn;
mod condition;
mod context;
mod decision;
mod document;
mod error;
mod evaluate;
mod explain;
mod index;
mod json;
mod key;
mod lint;
mod number;
mod pattern;
mod policy;
mod principal;
mod principals;
mod time;
mod validate;

pub use context::{Context, ContextValue};
pub use decision::{Decision, Layer, Location, Reason};
pub use document::{
    Document, List, RawCondition, RawPrincipalEntries, RawPrincipals, RawStatement,
};
pub use error::PolicyError;
pub use evaluate::{Layers, NamedPolicy, Request, evaluate};
pub use explain::{Closest, Explanation, Mismatch, Relief, Suggestion, explain};
pub use lint::{Finding, Known, Rule, Severity, lint, lint_with};
pub use policy::{Effect, Policy, PolicyKind, Statement, non_whitespace_len};
pub use principal::{Principal, PrincipalKind};
