//! Expiring images by the lifecycle policies of their repositories.

mod event;

use std::time::Duration;

use rolecall_base::{AwsError, Timestamp};
use rolecall_ecr::documents::{Lifecycle, Repository};
use rolecall_ecr::{Expired, ExpiryPlan, Place, lifecycle_due, plan_expiry};
use rolecall_op::Pipeline;
use rolecall_store::{Document, Txn};

use crate::guard::guarded;
use crate::ids;

/// How often images are looked at. AWS expires them within 24 hours (ECR User Guide, "Lifecycle
/// policies").
const PERIOD: Duration = Duration::from_secs(3600);

/// How many images go in one transaction: all other writes wait for it.
const IMAGES_MAX: usize = 100;

/// Expires images.
pub struct Expiry {
    /// The documents and the clock.
    pub pipeline: Pipeline,
}

/// Which policies are carried out at a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// At the start: those that were carried out before. What the others would expire is logged: a
    /// policy may have been kept for long before anything was expired by it.
    Start,
    /// Every hour: all.
    Period,
    /// After a change: those that were put since the start and not carried out yet.
    Change,
}

impl Expiry {
    /// Runs until the store is closed: at the start, once an hour, and by a policy as soon as it is
    /// put.
    pub async fn run(self) {
        let started = (self.pipeline.settings().now)();
        let mut wake = self.pipeline.store().watch_kinds(&[Repository::KIND]);
        let mut period = tokio::time::interval(PERIOD);
        let mut next = Turn::Start;
        loop {
            let turn = tokio::select! {
                changed = wake.changed() => {
                    if changed.is_err() {
                        return;
                    }
                    Turn::Change
                }
                _ = period.tick() => std::mem::replace(&mut next, Turn::Period),
            };
            self.turn(turn, started).await;
        }
    }

    /// Expires what is to be expired now, by a server that started at `started`.
    pub async fn turn(&self, turn: Turn, started: Timestamp) {
        let is_old = |policy: &Lifecycle| policy.put.is_none_or(|put| put < started);
        let is_due = |policy: &Lifecycle| match turn {
            Turn::Period => true,
            Turn::Start => policy.evaluated.is_some(),
            Turn::Change => policy.evaluated.is_none() && !is_old(policy),
        };
        let waits = |policy: &Lifecycle| {
            turn == Turn::Start && policy.evaluated.is_none() && is_old(policy)
        };
        let snap = self.pipeline.store().snapshot();
        let (due, waiting) = (lifecycle_due(&snap, is_due), lifecycle_due(&snap, waits));
        drop(snap);
        for place in due {
            guarded("expire images", self.expire(place)).await;
        }
        for place in waiting {
            guarded("announce what expires", self.announce(place)).await;
        }
    }

    /// Says what a policy will expire at the next period.
    async fn announce(&self, place: Place) {
        if let Some(plan) = self.plan(&place) {
            let (repository, images) = (place.arn(), plan.expired.len());
            tracing::warn!(
                repository,
                images,
                "the lifecycle policy has expired nothing yet; it will in an hour"
            );
        }
    }

    /// What is to expire; `None` if there is no policy, or one that is not valid, which is logged.
    fn plan(&self, place: &Place) -> Option<ExpiryPlan> {
        let now = (self.pipeline.settings().now)();
        match plan_expiry(&self.pipeline.store().snapshot(), place, now) {
            Ok(plan) => plan,
            Err(error) => {
                let repository = place.arn();
                tracing::warn!(
                    repository,
                    %error,
                    "the lifecycle policy is not valid and expires nothing: put another one"
                );
                None
            }
        }
    }

    async fn expire(&self, place: Place) {
        let Some(plan) = self.plan(&place) else {
            return;
        };
        let mut images = 0;
        for part in plan.expired.chunks(IMAGES_MAX) {
            let (policy, part) = (plan.policy.clone(), part.to_vec());
            let Some(done) = self
                .transact(&place, move |tx| policy.carry_out(tx, &part))
                .await
            else {
                return;
            };
            images += done.len();
            self.record(&place, plan.policy.now, &done).await;
        }
        if images > 0 {
            let repository = place.arn();
            tracing::info!(repository, images, "images expired by the lifecycle policy");
        }
        self.transact(&place, move |tx| plan.policy.note(tx)).await;
    }

    /// What `body` came to; `None`, which is logged, if it was not kept.
    async fn transact<T: Send + 'static>(
        &self,
        place: &Place,
        mut body: impl FnMut(&mut Txn) -> T + Send + 'static,
    ) -> Option<T> {
        let body = move |tx: &mut Txn| Ok::<T, AwsError>(body(tx));
        match self.pipeline.store().transact(body).await {
            Ok(done) => Some(done.value),
            Err(error) => {
                tracing::error!(repository = place.arn(), %error, "expire images");
                None
            }
        }
    }

    async fn record(&self, place: &Place, now: Timestamp, expired: &[Expired]) {
        let Some(recorder) = self.pipeline.recorder() else {
            return;
        };
        for images in expired.chunks(event::IMAGES) {
            let request_id = ids::uuid(&self.pipeline);
            recorder.keep(event::event(place, now, &request_id, images));
            recorder.room().await;
        }
    }
}
