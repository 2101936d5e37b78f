//! What every call runs with.

use std::fmt;
use std::sync::Arc;

use rolecall_base::{AccountId, Region, Timestamp};
use rolecall_record::Recorder;
use rolecall_sigv4::{AuthError, Parsed, RequestView};
use rolecall_store::Store;

use crate::Ports;
use crate::audit::Audit;
use crate::authenticate::Authenticator;
use crate::last_uses::LastUses;
use crate::registry::Registry;

/// The settings that every request sees, and the effects that the pipeline is given.
#[derive(Clone)]
pub struct Settings {
    /// The account that this server serves.
    pub account: AccountId,
    /// The region of calls from inside.
    pub region: Region,
    /// The clock.
    pub now: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    /// Real randomness: the seed of one request.
    pub seed: Arc<dyn Fn() -> [u8; 32] + Send + Sync>,
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Settings({} {})", self.account, self.region)
    }
}

/// A request's signature, syntactically read and not yet verified.
pub(crate) struct Signature<'a> {
    pub(crate) view: &'a RequestView<'a>,
    pub(crate) parsed: Result<&'a Parsed<'a>, &'a AuthError>,
}

/// What operations run with.
pub(crate) struct Core {
    pub(crate) settings: Settings,
    pub(crate) store: Store,
    pub(crate) ports: Arc<Ports>,
    pub(crate) registry: Registry,
    pub(crate) audit: Audit,
    /// Keeps every call; `None` keeps none, as tests want it.
    pub(crate) recorder: Option<Recorder>,
    pub(crate) authenticator: Authenticator,
    pub(crate) last_uses: LastUses,
}
