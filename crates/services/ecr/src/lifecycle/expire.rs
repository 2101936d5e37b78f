//! Carrying out lifecycle policies, one repository at a time.

use std::collections::HashSet;

use rolecall_base::Timestamp;
use rolecall_store::{Snapshot, Txn};

use super::{evaluate, rules};
use crate::documents::{Image, Repository};
use crate::image;
use crate::place::Place;

/// An image that expired.
#[derive(Clone, Debug)]
pub struct Expired {
    /// The image as it was.
    pub image: Image,
    /// The rule that expired it: its position in the order of priorities, and its priority. `None`
    /// for what was about an image that is gone.
    pub rule: Option<(usize, u64)>,
}

/// The repositories with a lifecycle policy: all of them, or those whose policy is new.
pub fn due(snap: &Snapshot, only_new: bool) -> Vec<Place> {
    let due = |repository: &Repository| {
        let lifecycle = repository.lifecycle.as_ref();
        lifecycle.is_some_and(|policy| !only_new || policy.evaluated.is_none())
    };
    snap.range::<Repository>("")
        .filter(|(_, repository)| due(repository))
        .map(|(_, repository)| Place {
            account: repository.account.clone(),
            region: repository.region.clone(),
            name: repository.name.clone(),
        })
        .collect()
}

/// Expires what the lifecycle policy of a repository says, and notes when; what expired.
///
/// The images of a manifest list that expires are looked at again once it is gone. A policy that
/// cannot be read expires nothing.
pub fn expire(tx: &mut Txn, place: &Place, now: Timestamp) -> Vec<Expired> {
    let Some(repository) = tx.get::<Repository>(&place.key()) else {
        return Vec::new();
    };
    let Some(lifecycle) = &repository.lifecycle else {
        return Vec::new();
    };
    let Ok(rules) = rules::read(&lifecycle.text) else {
        return Vec::new();
    };
    let mut all = Vec::new();
    loop {
        let expired = once(tx, place, &rules, now);
        if expired.is_empty() {
            break;
        }
        all.extend(expired);
    }
    tx.update::<Repository>(&place.key(), |repository| {
        if let Some(lifecycle) = &mut repository.lifecycle {
            lifecycle.evaluated = Some(now);
        }
    });
    all
}

fn once(tx: &mut Txn, place: &Place, rules: &[rules::Rule], now: Timestamp) -> Vec<Expired> {
    let images = images(tx, place);
    let images: Vec<&Image> = images.iter().collect();
    let by_rule = evaluate::expired(rules, &images, now)
        .into_iter()
        .map(|marked| (marked.image, Some(marked.rule)));
    let without = evaluate::without_subject(&images, now)
        .into_iter()
        .map(|at| (at, None));
    let mut seen = HashSet::new();
    let mut expired = Vec::new();
    for (at, rule) in by_rule.chain(without) {
        if let Some(image) = images.get(at)
            && seen.insert(at)
        {
            image::delete(tx, place, image);
            let image = (*image).clone();
            expired.push(Expired { image, rule });
        }
    }
    expired
}

/// All images of a repository.
pub(super) fn images(tx: &Txn, place: &Place) -> Vec<Image> {
    tx.range::<Image>(&place.content_key(""))
        .map(|(_, image)| image.cloned())
        .collect()
}
