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

/// How long something about an image (a signature, a list of what is in it) waits for the image.
const WITHOUT_SUBJECT: Duration = DAY;

/// Expires an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Marked {
    /// Its position among the images given.
    pub(super) image: usize,
    /// The position, in the order of their priority, and the priority of the rule. `None` for what
    /// is about an image that is gone.
    pub(super) rule: Option<(usize, u64)>,
}

/// What `rules`, as [`super::rules::read`] has them, expire of all `images` of a repository, in the
/// order in which it goes: a manifest list before its images, an image before what is about it.
///
/// Evaluated again as long as something expires that others of `images` depend on. It is all that
/// previews tell and all that is carried out.
pub(super) fn expired(rules: &[Rule], images: &[&Image], now: Timestamp) -> Vec<Marked> {
    let mut left: Vec<(usize, &Image)> = images.iter().copied().enumerate().collect();
    let mut gone: HashSet<&str> = HashSet::new();
    let mut expired = Vec::new();
    loop {
        let mut round = by_rules(rules, &left, now);
        round.extend(without_subject(&left, &gone, now));
        if round.is_empty() {
            return expired;
        }
        let positions: HashSet<usize> = round.iter().map(|marked| marked.image).collect();
        let going = left.extract_if(.., |(at, _)| positions.contains(at));
        gone.extend(going.map(|(_, image)| image.digest.as_str()));
        expired.extend(round);
    }
}

/// What the rules expire of the images that are left. What is about another image is none of their
/// business: neither does it expire by them, nor does it count.
fn by_rules(rules: &[Rule], left: &[(usize, &Image)], now: Timestamp) -> Vec<Marked> {
    let listed = listed(left);
    let mut taken = HashSet::new();
    let mut expired = Vec::new();
    for (number, rule) in rules.iter().enumerate() {
        if rule.is_of_archive() {
            continue;
        }
        let selected = left.iter().copied();
        let mut selected: Vec<(usize, &Image)> = selected
            .filter(|(_, image)| image.subject.is_none() && has_tags(&rule.tags, image))
            .collect();
        selected.sort_by_key(|(_, image)| (Reverse(image.pushed), &image.digest));
        for (rank, (at, image)) in selected.into_iter().enumerate() {
            let first = taken.insert(at);
            let marked = is_marked(rule.count, rank, image, now);
            if first && marked && rule.expires() && !listed.contains(image.digest.as_str()) {
                let rule = Some((number, rule.priority));
                expired.push(Marked { image: at, rule });
            }
        }
    }
    expired
}

/// What is about an image that is in `gone`, or was deleted before: "Amazon ECR lifecycle policies
/// automatically clean up those artifacts within 24 hours".
fn without_subject(left: &[(usize, &Image)], gone: &HashSet<&str>, now: Timestamp) -> Vec<Marked> {
    let known: HashSet<&str> = left.iter().map(|(_, image)| &*image.digest).collect();
    let listed = listed(left);
    let goes = |image: &Image| {
        let subject = image.subject.as_deref();
        subject.is_some_and(|subject| {
            // Where the image was not seen, it may be pushed later than what is about it.
            let old = image.pushed < now.minus(WITHOUT_SUBJECT);
            !known.contains(subject) && (old || gone.contains(subject))
        }) && !listed.contains(image.digest.as_str())
    };
    let goes = left.iter().filter(|(_, image)| goes(image));
    let marked = |(at, _): &(usize, &Image)| Marked {
        image: *at,
        rule: None,
    };
    goes.map(marked).collect()
}

/// The digests of the images that manifest lists refer to.
fn listed<'a>(left: &[(usize, &'a Image)]) -> HashSet<&'a str> {
    let parts = left.iter().flat_map(|(_, image)| &image.images);
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
