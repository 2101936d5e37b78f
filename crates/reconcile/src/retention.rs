//! Dropping log events that are past their group's retention.

use std::sync::Arc;
use std::time::Duration;

use rolecall_logs::{EventStore, LogEvents, LogGroup};
use rolecall_op::Pipeline;

use crate::guard::guarded;

/// How often events are dropped. Reads leave expired events out at once.
const PERIOD: Duration = Duration::from_secs(3600);

/// Drops events that are past retention.
pub struct Retention {
    /// The documents and the clock.
    pub pipeline: Pipeline,
    /// What keeps the events.
    pub events: Arc<dyn LogEvents>,
}

impl Retention {
    /// Runs for ever: once at the start, then once an hour.
    pub async fn run(self) {
        let mut period = tokio::time::interval(PERIOD);
        loop {
            period.tick().await;
            guarded("drop expired log events", self.turn()).await;
        }
    }

    /// Drops what is past retention now.
    pub async fn turn(&self) {
        let now = (self.pipeline.settings().now)();
        let snap = self.pipeline.store().snapshot();
        let due: Vec<(String, i64)> = snap
            .range::<LogGroup>("")
            .filter(|(_, group)| group.retention_days.is_some())
            .map(|(_, group)| (group.id.clone(), group.kept_from_ms(now)))
            .collect();
        drop(snap);
        for (group, before_ms) in due {
            if let Err(fault) = self.events.expire(&EventStore { group }, before_ms).await {
                tracing::warn!(%fault, "drop expired log events");
            }
        }
    }
}
