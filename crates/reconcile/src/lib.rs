//! Drivers of the planners: each looks at the documents, plans, carries the plan out, and looks
//! again.
//!
//! A driver takes no input: it is woken by changes and by the clock, reads the newest documents,
//! and does what the planner says. What fails, also by a panic, is tried again at the next turn,
//! and keeps nothing else from being done; nothing is remembered that the documents do not say, but
//! for when credentials expire.

mod expiry;
mod fargate;
mod guard;
mod ids;
mod retention;
mod roles;

pub use expiry::{Expiry, Turn as ExpiryTurn};
pub use fargate::{AgentLink, Fargate, FargateConfig};
pub use retention::Retention;
