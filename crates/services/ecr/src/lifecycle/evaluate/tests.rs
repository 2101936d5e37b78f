//! Tests of `evaluate`: the cases that the ECR User Guide tells in "Examples of lifecycle policies",
//! and what the rules of evaluation say beyond them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::*;
use crate::lifecycle::rules::read;

const NOW_DAYS: i64 = 20_000;

fn days(days: i64) -> Timestamp {
    Timestamp::from_epoch_millis(days * 24 * 3600 * 1000)
}

fn now() -> Timestamp {
    days(NOW_DAYS)
}

/// An image under a letter in place of its digest.
fn image(letter: char, tags: &[&str], pushed_days_ago: i64) -> Image {
    Image {
        digest: letter.to_string(),
        media_type: String::new(),
        artifact_type: None,
        size: 0,
        pushed: days(NOW_DAYS - pushed_days_ago),
        pulled: None,
        tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
        blobs: Vec::new(),
        images: Vec::new(),
        subject: None,
        annotations: BTreeMap::new(),
    }
}

/// A policy of expiring rules in the order of their priorities.
fn policy(selections: &[Value]) -> Vec<Rule> {
    let rules: Vec<Value> = (1..)
        .zip(selections)
        .map(|(priority, selection)| {
            json!({"rulePriority": priority, "selection": selection, "action": {"type": "expire"}})
        })
        .collect();
    read(&json!({"rules": rules}).to_string()).unwrap()
}

fn tagged(patterns: &[&str], count: u64) -> Value {
    json!({"tagStatus": "tagged", "tagPatternList": patterns,
           "countType": "imageCountMoreThan", "countNumber": count})
}

fn tagged_days(patterns: &[&str], days: u64) -> Value {
    json!({"tagStatus": "tagged", "tagPatternList": patterns,
           "countType": "sinceImagePushed", "countUnit": "days", "countNumber": days})
}

fn of(status: &str, count: u64) -> Value {
    json!({"tagStatus": status, "countType": "imageCountMoreThan", "countNumber": count})
}

fn of_days(status: &str, since: &str, days: u64) -> Value {
    json!({"tagStatus": status, "countType": since, "countUnit": "days", "countNumber": days})
}

/// The letters of what expires, each with its rule's priority, if any.
fn result(selections: &[Value], images: &[Image]) -> String {
    let images: Vec<&Image> = images.iter().collect();
    let mut all: Vec<String> = expired(&policy(selections), &images, now())
        .iter()
        .map(|marked| {
            let rule = marked
                .rule
                .map_or("-".to_owned(), |rule| rule.1.to_string());
            format!("{}{rule}", images[marked.image].digest)
        })
        .collect();
    all.sort();
    all.join(" ")
}

#[test]
fn by_age_and_by_count() {
    let aged = [
        image('A', &["prod-1"], 15),
        image('B', &["prod-2"], 14),
        image('C', &["test-1"], 90),
        image('D', &[], 90),
    ];
    assert_eq!(result(&[tagged_days(&["prod*"], 14)], &aged), "A1");
    let untagged = [
        image('A', &[], 3),
        image('B', &[], 2),
        image('C', &[], 1),
        image('D', &["x"], 9),
    ];
    assert_eq!(result(&[of("untagged", 1)], &untagged), "A1 B1");
}

#[test]
fn several_rules_and_the_order_of_their_priorities() {
    let images = [
        image('A', &["beta-1", "prod-1"], 10),
        image('B', &["beta-2", "prod-2"], 9),
        image('C', &["beta-3"], 8),
    ];
    let (prod, beta) = (tagged(&["prod*"], 1), tagged(&["beta*"], 1));
    // The rule for beta marks A and B, but both are prod's first.
    assert_eq!(result(&[prod.clone(), beta.clone()], &images), "A1");
    assert_eq!(result(&[beta, prod], &images), "A1 B1");
}

#[test]
fn all_tags_of_a_rule_must_be_there() {
    let images = [
        image('A', &["alpha-1"], 12),
        image('B', &["beta-1"], 11),
        image('C', &["alpha-2", "beta-2"], 10),
        image('D', &["alpha-3"], 4),
        image('E', &["beta-3"], 3),
        image('F', &["alpha-4", "beta-4"], 2),
    ];
    let both = ["alpha*", "beta*"];
    assert_eq!(result(&[tagged_days(&both, 5)], &images), "C1");
    assert_eq!(result(&[tagged(&both, 1)], &images), "C1");
    let one = [tagged_days(&["alpha*"], 5), tagged_days(&["beta*"], 5)];
    assert_eq!(result(&one, &images), "A1 B2 C1");
    let prefixes = json!({"tagStatus": "tagged", "tagPrefixList": ["alpha", "beta"],
        "countType": "imageCountMoreThan", "countNumber": 1});
    assert_eq!(result(&[prefixes], &images), "C1");
}

#[test]
fn rules_for_all_images_leave_what_a_rule_before_them_is_about() {
    let images = [
        image('A', &["alpha-1"], 4),
        image('B', &["beta-1"], 3),
        image('C', &[], 2),
        image('D', &["alpha-2"], 1),
    ];
    assert_eq!(result(&[of("any", 1)], &images), "A1 B1 C1");
    let old = of_days("any", "sinceImagePushed", 1);
    assert_eq!(result(&[tagged(&["alpha*"], 1), old], &images), "A1 B2 C2");
    let images = [
        image('A', &["alpha-1"], 4),
        image('B', &["beta-1"], 3),
        image('C', &[], 2),
        image('D', &[], 1),
    ];
    let three = [tagged(&["alpha*"], 1), of("untagged", 1), of("any", 1)];
    assert_eq!(result(&three, &images), "B3 C2");
}

#[test]
fn pulls_count_from_the_push_where_there_was_none() {
    let pulled = |letter, pushed, pulled: i64| Image {
        pulled: Some(days(NOW_DAYS - pulled)),
        ..image(letter, &[], pushed)
    };
    let images = [
        pulled('A', 50, 31),
        pulled('B', 50, 5),
        image('C', &[], 31),
        image('D', &[], 30),
    ];
    let rule = of_days("any", "sinceImagePulled", 30);
    assert_eq!(result(&[rule], &images), "A1 C1");
}

#[test]
fn rules_of_the_archive_are_about_no_image() {
    let mut archived = of_days("any", "sinceImageTransitioned", 1);
    archived["storageClass"] = json!("archive");
    let images = [image('A', &[], 9), image('B', &[], 8)];
    assert_eq!(result(&[archived, of("any", 1)], &images), "A2");
}

#[test]
fn an_image_of_a_manifest_list_stays_while_the_list_does() {
    let list = Image {
        images: vec!["B".to_owned(), "C".to_owned()],
        ..image('A', &["v1"], 9)
    };
    let images = [
        list,
        image('B', &[], 9),
        image('C', &[], 9),
        image('D', &[], 9),
    ];
    let untagged = of_days("untagged", "sinceImagePushed", 1);
    assert_eq!(result(std::slice::from_ref(&untagged), &images), "D1");
    assert_eq!(
        result(&[untagged, of_days("any", "sinceImagePushed", 1)], &images),
        "A2 B1 C1 D1"
    );
}

#[test]
fn the_images_of_a_list_are_ranked_again_when_it_is_gone() {
    let list = Image {
        images: vec!["B".to_owned(), "C".to_owned()],
        ..image('A', &["v1"], 7)
    };
    let images = [
        list,
        image('B', &[], 9),
        image('C', &[], 8),
        image('D', &[], 6),
        image('E', &[], 5),
    ];
    assert_eq!(result(&[of("any", 2)], &images), "A1 B1 C1");
    // Of three that are kept, the list is none any more.
    let gone = [of_days("tagged", "sinceImagePushed", 1), of("any", 3)];
    let mut tagged = gone.clone();
    tagged[0]["tagPatternList"] = json!(["v*"]);
    assert_eq!(result(&tagged, &images), "A1 B2");
}

#[test]
fn what_is_about_an_image_goes_with_it_and_counts_for_nothing() {
    let about = |letter, subject: &str, pushed| Image {
        subject: Some(subject.to_owned()),
        ..image(letter, &[], pushed)
    };
    let images = [
        image('A', &["v1"], 9),
        about('B', "A", 9),
        about('C', "gone", 9),
        about('D', "late", 0),
    ];
    // A is kept, whatever was pushed later about others.
    assert_eq!(result(&[of("any", 1)], &images), "C-");
    let mut two = images.to_vec();
    two.push(image('E', &["v2"], 1));
    assert_eq!(result(&[of("any", 1)], &two), "A1 B- C-");
    assert_eq!(
        result(&[of_days("any", "sinceImagePushed", 30)], &two),
        "C-"
    );
}

#[test]
fn what_is_about_an_image_that_expires_takes_no_place_of_those_that_stay() {
    let about = |letter, subject: &str| Image {
        subject: Some(subject.to_owned()),
        ..image(letter, &[], 0)
    };
    let images = [
        image('A', &["v1"], 9),
        image('B', &["v2"], 8),
        image('C', &["v3"], 7),
        about('D', "A"),
        about('E', "D"),
        about('F', "C"),
    ];
    assert_eq!(result(&[of("any", 2)], &images), "A1 D- E-");
}
