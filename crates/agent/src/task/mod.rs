//! One task: what it is, what its containers become, what is reported of it.

pub(crate) mod health;
pub(crate) mod plan;
pub(crate) mod prepare;
pub(crate) mod report;
pub(crate) mod runner;
pub(crate) mod spec;
pub(crate) mod table;
pub(crate) mod view;
