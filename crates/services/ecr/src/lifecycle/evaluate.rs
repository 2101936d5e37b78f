//! Which images a lifecycle policy expires.
//!
//! Source: ECR User Guide, "Automate the cleanup of images by using lifecycle policies", "Lifecycle
//! policy evaluation rules". All rules mark images as if there were no other; what is marked is
//! expired only by the first rule, in the order of their priority, whose tags the image has. An
//! image that a manifest list refers to stays while the list does. See
//! `docs/decisions/0015-lifecycle-policies.md`.

use std::cmp::Reverse;
use std::collections::HashSet;
use std::time::Duration;

use rolecall_base::Timestamp;

use super::rules::{Count, Rule, Tags};
use crate::documents::{Image, wildcard};

const DAY: Duration = Duration::from_secs(24 * 3600);

/// How long something about an image (a signature, a list of what is in it) outlives the image.
const WITHOUT_SUBJECT: Duration = DAY;

/// Expires an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Marked {
    /// Its position among the images given.
    pub(super) image: usize,
    /// The position, in the order of their priority, and the priority of the rule.
    pub(super) rule: (usize, u64),
}

/// What `rules`, as [`super::rules::read`] has them, expire of all `images` of a repository.
pub(super) fn expired(rules: &[Rule], images: &[&Image], now: Timestamp) -> Vec<Marked> {
    let known: HashSet<&str> = images.iter().map(|image| image.digest.as_str()).collect();
    let listed = listed(images);
    // What is about an image goes with it, and is no image that a rule counts.
    let own = |image: &Image| {
        let subject = image.subject.as_deref();
        subject.is_none_or(|subject| !known.contains(subject))
    };
    let mut taken = HashSet::new();
    let mut expired = Vec::new();
    for (number, rule) in rules.iter().enumerate() {
        if rule.is_of_archive() {
            continue;
        }
        let selected = images.iter().enumerate();
        let mut selected: Vec<(usize, &Image)> = selected
            .map(|(at, image)| (at, *image))
            .filter(|(_, image)| own(image) && has_tags(&rule.tags, image))
            .collect();
        selected.sort_by_key(|(_, image)| (Reverse(image.pushed), &image.digest));
        for (rank, (at, image)) in selected.into_iter().enumerate() {
            let first = taken.insert(at);
            let marked = is_marked(rule.count, rank, image, now);
            if first && marked && rule.expires() && !listed.contains(image.digest.as_str()) {
                let rule = (number, rule.priority);
                expired.push(Marked { image: at, rule });
            }
        }
    }
    expired
}

/// The positions of what is about an image that was deleted: "Amazon ECR lifecycle policies
/// automatically clean up those artifacts within 24 hours".
pub(super) fn without_subject(images: &[&Image], now: Timestamp) -> Vec<usize> {
    let known: HashSet<&str> = images.iter().map(|image| image.digest.as_str()).collect();
    let listed = listed(images);
    let gone = |image: &Image| {
        let subject = image.subject.as_deref();
        subject.is_some_and(|subject| !known.contains(subject))
            // It may be pushed before its subject.
            && image.pushed < now.minus(WITHOUT_SUBJECT)
            && !listed.contains(image.digest.as_str())
    };
    let numbered = images.iter().enumerate();
    let gone = numbered.filter(|(_, image)| gone(image));
    gone.map(|(at, _)| at).collect()
}

/// The digests of the images that manifest lists refer to.
fn listed<'a>(images: &[&'a Image]) -> HashSet<&'a str> {
    let parts = images.iter().flat_map(|image| &image.images);
    parts.map(String::as_str).collect()
}

/// "An image is successfully matched if all of the tags specified in the value are matched against
/// any of the image's tags."
fn has_tags(tags: &Tags, image: &Image) -> bool {
    let any = |matches: &dyn Fn(&str) -> bool| image.tags.iter().any(|tag| matches(tag));
    match tags {
        Tags::Any => true,
        Tags::Untagged => image.tags.is_empty(),
        Tags::Prefixes(all) => all.iter().all(|prefix| any(&|tag| tag.starts_with(prefix))),
        Tags::Patterns(all) => all.iter().all(|pattern| any(&|tag| wildcard(pattern, tag))),
    }
}

/// Whether a rule marks the image that is `rank`th of those that it selects, the youngest first.
fn is_marked(count: Count, rank: usize, image: &Image, now: Timestamp) -> bool {
    let older = |at: Timestamp, days: u64| {
        let days = u32::try_from(days).unwrap_or(u32::MAX);
        at < now.minus(DAY.saturating_mul(days))
    };
    match count {
        Count::MoreThan(number) => u64::try_from(rank).is_ok_and(|rank| rank >= number),
        Count::DaysSincePushed(days) => older(image.pushed, days),
        Count::DaysSincePulled(days) => older(image.pulled.unwrap_or(image.pushed), days),
        Count::DaysSinceTransitioned => false,
    }
}

#[cfg(test)]
mod tests;
