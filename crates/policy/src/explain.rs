//! Why a request was denied, in words, and what would allow it.

use crate::decision::{Decision, Layer, Location};
use crate::evaluate::{Layers, Request};

/// The part of a statement that did not match a request.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Mismatch {
    /// No action pattern matched.
    Action,
    /// The action matched, the resource did not.
    Resource {
        /// The element's name, `Resource` or `NotResource`.
        element: &'static str,
        /// The statement's patterns.
        patterns: Vec<String>,
    },
    /// The principal is not one of those named.
    Principal,
    /// A condition failed.
    Condition {
        /// The operator, as written (`StringEquals`, `ForAnyValue:StringLike`).
        operator: String,
        /// The condition key, as written.
        key: String,
        /// The values the statement asks for.
        wanted: Vec<String>,
        /// What the request had; `None` if the key was absent.
        seen: Option<Vec<String>>,
    },
}

/// The statement that came closest to allowing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closest<'a> {
    /// Where it stands.
    pub location: Location<'a>,
    /// What of it failed.
    pub mismatch: Mismatch,
}

/// A statement that, added to a layer, would supply the Allow that it lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suggestion {
    /// Where to add it.
    pub layer: Layer,
    /// The statement, as JSON.
    pub statement: String,
}

/// What [`explain`] found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation<'a> {
    /// One or two sentences.
    pub summary: String,
    /// For an implicit deny: the Allow statement that came closest in the layer that lacked one.
    pub closest: Option<Closest<'a>>,
    /// For an explicit deny: the statement that denied, as JSON.
    pub denied_by: Option<String>,
    /// For an implicit deny: the smallest statements that would allow this very request, one for each
    /// layer that lacks an Allow.
    pub suggestions: Vec<Suggestion>,
}

/// Explains a decision. Slow (it allocates and looks at every statement): not for the request path.
pub fn explain<'a>(
    _request: &Request<'_>,
    _layers: &Layers<'a>,
    _decision: &Decision<'a>,
) -> Explanation<'a> {
    Explanation {
        summary: String::new(),
        closest: None,
        denied_by: None,
        suggestions: Vec::new(),
    }
}
