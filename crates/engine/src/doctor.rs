//! What this machine has and lacks for running tasks.

/// One thing looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// What was looked at.
    pub name: &'static str,
    /// Whether tasks can run with it as it is.
    pub ok: bool,
    /// What was found.
    pub found: String,
    /// What to do if it is not well; empty if it is.
    pub how_to_fix: String,
}
