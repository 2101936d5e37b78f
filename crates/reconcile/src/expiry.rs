//! Expiring images by the lifecycle policies of their repositories.

mod event;

use std::time::Duration;

use rolecall_base::{AwsError, Timestamp};
use rolecall_ecr::documents::Repository;
use rolecall_ecr::{Expired, Place, expire_images, lifecycle_due};
use rolecall_op::Pipeline;
use rolecall_store::Document;

use crate::guard::guarded;
use crate::ids;

/// How often images are looked at. AWS expires them within 24 hours (ECR User Guide, "Lifecycle
/// policies").
const PERIOD: Duration = Duration::from_secs(3600);

/// Expires images.
pub struct Expiry {
    /// The documents and the clock.
    pub pipeline: Pipeline,
}

impl Expiry {
    /// Runs until the store is closed: at the start, once an hour, and by a policy as soon as it is
    /// put.
    pub async fn run(self) {
        let mut wake = self.pipeline.store().watch_kinds(&[Repository::KIND]);
        let mut period = tokio::time::interval(PERIOD);
        loop {
            let only_new = tokio::select! {
                changed = wake.changed() => {
                    if changed.is_err() {
                        return;
                    }
                    true
                }
                _ = period.tick() => false,
            };
            self.turn(only_new).await;
        }
    }

    /// Expires what is to be expired now; `only_new` by the policies that never were carried out.
    pub async fn turn(&self, only_new: bool) {
        let due = lifecycle_due(&self.pipeline.store().snapshot(), only_new);
        for place in due {
            guarded("expire images", self.expire(place)).await;
        }
    }

    async fn expire(&self, place: Place) {
        let now = (self.pipeline.settings().now)();
        let of = place.clone();
        let body = move |tx: &mut _| Ok::<Vec<Expired>, AwsError>(expire_images(tx, &of, now));
        match self.pipeline.store().transact(body).await {
            Ok(done) if done.value.is_empty() => {}
            Ok(done) => {
                let (repository, images) = (place.arn(), done.value.len());
                tracing::info!(repository, images, "images expired by the lifecycle policy");
                self.record(&place, now, &done.value).await;
            }
            Err(error) => {
                tracing::error!(repository = place.arn(), %error, "expire images");
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
