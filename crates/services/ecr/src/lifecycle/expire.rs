//! Carrying out lifecycle policies, one repository at a time: planned on a snapshot, and carried
//! out in transactions of as many images as the caller likes.

use std::collections::HashMap;

use rolecall_base::{AwsError, Timestamp};
use rolecall_store::{Doc, Snapshot, Txn};

use super::{evaluate, rules};
use crate::documents::{Image, Lifecycle, Repository};
use crate::image;
use crate::place::Place;

/// An image that expires, or has.
#[derive(Clone, Debug)]
pub struct Expired {
    /// The image as it was.
    pub image: Image,
    /// The rule that expired it: its position in the order of priorities, and its priority. `None`
    /// for what was about an image that is gone.
    pub rule: Option<(usize, u64)>,
}

/// A lifecycle policy that is carried out.
#[derive(Clone, Debug)]
pub struct Evaluated {
    /// Its repository.
    pub place: Place,
    /// The policy, as compact JSON.
    pub text: String,
    /// The time by which ages are counted.
    pub now: Timestamp,
}

/// What the lifecycle policy of a repository expires.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The policy.
    pub policy: Evaluated,
    /// What expires, in the order in which it is to go.
    pub expired: Vec<Expired>,
}

/// The repositories with a lifecycle policy that is due.
pub fn due(snap: &Snapshot, is_due: impl Fn(&Lifecycle) -> bool) -> Vec<Place> {
    snap.range::<Repository>("")
        .filter(|(_, repository)| repository.lifecycle.as_ref().is_some_and(&is_due))
        .map(|(_, repository)| Place {
            account: repository.account.clone(),
            region: repository.region.clone(),
            name: repository.name.clone(),
        })
        .collect()
}

/// What the lifecycle policy of a repository expires `now`; `None` if there is none.
///
/// # Errors
/// `InvalidParameterException` for a policy that was kept once and is refused today.
pub fn plan(snap: &Snapshot, place: &Place, now: Timestamp) -> Result<Option<Plan>, AwsError> {
    let repository = snap.get::<Repository>(&place.key());
    let Some(lifecycle) = repository
        .as_ref()
        .and_then(|found| found.lifecycle.as_ref())
    else {
        return Ok(None);
    };
    let images = snap.range::<Image>(&place.content_key(""));
    let images: Vec<Doc<Image>> = images.map(|(_, image)| image).collect();
    let images: Vec<&Image> = images.iter().map(|image| &**image).collect();
    let policy = Evaluated {
        place: place.clone(),
        text: lifecycle.text.clone(),
        now,
    };
    let expired = what_expires(&policy.text, &images, now)?;
    Ok(Some(Plan { policy, expired }))
}

/// What the policy `text` expires of all `images` of a repository: what a preview tells, and what
/// is carried out.
pub(super) fn what_expires(
    text: &str,
    images: &[&Image],
    now: Timestamp,
) -> Result<Vec<Expired>, AwsError> {
    let marked = evaluate::expired(&rules::read(text)?, images, now);
    let expired = marked.into_iter().filter_map(|marked| {
        let image = images.get(marked.image).copied()?.clone();
        let rule = marked.rule;
        Some(Expired { image, rule })
    });
    Ok(expired.collect())
}

impl Evaluated {
    /// Deletes `part` of [`Plan::expired`]; what was deleted. What has changed since the plan was
    /// made stays, with what depends on it; all does under another policy.
    pub fn carry_out(&self, tx: &mut Txn, part: &[Expired]) -> Vec<Expired> {
        if !self.is_of(tx) {
            return Vec::new();
        }
        let mut lists = lists(tx, &self.place);
        let mut done = Vec::new();
        for one in part {
            let planned = &one.image;
            let is_there = |digest: &str| tx.get::<Image>(&self.place.content_key(digest));
            let same = is_there(&planned.digest).is_some_and(|image| {
                let known = (planned.pushed, planned.pulled, &planned.tags);
                (image.pushed, image.pulled, &image.tags) == known
            });
            let listed = lists.get(&planned.digest).is_some_and(|lists| *lists > 0);
            let subject = planned.subject.as_deref();
            if !same || listed || subject.is_some_and(|subject| is_there(subject).is_some()) {
                continue;
            }
            image::delete(tx, &self.place, planned);
            for part in &planned.images {
                lists
                    .entry(part.clone())
                    .and_modify(|lists| *lists = lists.saturating_sub(1));
            }
            done.push(one.clone());
        }
        done
    }

    /// Notes when the policy was carried out.
    pub fn note(&self, tx: &mut Txn) {
        if self.is_of(tx) {
            tx.update::<Repository>(&self.place.key(), |repository| {
                if let Some(lifecycle) = &mut repository.lifecycle {
                    lifecycle.evaluated = Some(self.now);
                }
            });
        }
    }

    /// Whether the repository still has the policy of the plan.
    fn is_of(&self, tx: &Txn) -> bool {
        let repository = tx.get::<Repository>(&self.place.key());
        let lifecycle = repository
            .as_ref()
            .and_then(|found| found.lifecycle.as_ref());
        lifecycle.is_some_and(|lifecycle| lifecycle.text == self.text)
    }
}

/// How many manifest lists refer to an image, by its digest.
fn lists(tx: &Txn, place: &Place) -> HashMap<String, usize> {
    let mut lists = HashMap::new();
    for (_, image) in tx.range::<Image>(&place.content_key("")) {
        for part in &image.images {
            *lists.entry(part.clone()).or_default() += 1;
        }
    }
    lists
}

/// All images of a repository.
pub(super) fn images(tx: &Txn, place: &Place) -> Vec<Image> {
    tx.range::<Image>(&place.content_key(""))
        .map(|(_, image)| image.cloned())
        .collect()
}
