//! Tests of `rules`.

use super::check;

fn rule(priority: u32, selection: &str) -> String {
    format!(
        r#"{{"rulePriority":{priority},"selection":{{{selection}}},"action":{{"type":"expire"}}}}"#
    )
}

fn policy(rules: &[String]) -> String {
    format!(r#"{{"rules":[{}]}}"#, rules.join(","))
}

fn tagged(prefix: &str) -> String {
    let tags = format!(r#""tagStatus":"tagged","tagPrefixList":["{prefix}"]"#);
    ANY.replace(r#""tagStatus":"any""#, &tags)
}

const UNTAGGED: &str =
    r#""tagStatus":"untagged","countType":"sinceImagePushed","countUnit":"days","countNumber":14"#;
const ANY: &str = r#""tagStatus":"any","countType":"imageCountMoreThan","countNumber":30"#;

#[test]
fn the_examples_of_the_user_guide_pass_and_are_kept_compact() {
    let text = r#"{
        "rules": [ {
            "rulePriority": 1,
            "description": "Keep \"one\" image",
            "selection": { "tagStatus": "tagged", "tagPrefixList": ["prod"],
                "countType": "imageCountMoreThan", "countNumber": 1 },
            "action": { "type": "expire" } } ] }"#;
    assert_eq!(
        check(text).unwrap(),
        r#"{"rules":[{"rulePriority":1,"description":"Keep \"one\" image","selection":{"tagStatus":"tagged","tagPrefixList":["prod"],"countType":"imageCountMoreThan","countNumber":1},"action":{"type":"expire"}}]}"#
    );
    check(&policy(&[rule(1, UNTAGGED), rule(2, ANY)])).unwrap();
    let pattern = r#""tagStatus":"tagged","tagPatternList":["*test*1*2*3"],"countType":"sinceImagePulled","countUnit":"days","countNumber":1"#;
    check(&policy(&[rule(1, pattern)])).unwrap();
    let archived = r#""tagStatus":"any","storageClass":"archive","countType":"sinceImageTransitioned","countUnit":"days","countNumber":90"#;
    check(&policy(&[rule(1, archived)])).unwrap();
}

#[test]
fn each_broken_rule_is_refused_with_its_reason() {
    let cases = [
        (
            "x".to_owned(),
            "Could not map policyString into LifecyclePolicy.",
        ),
        (
            "{}".to_owned(),
            r#"object has missing required properties (["rules"])"#,
        ),
        (
            r#"{"rules":[{}]}"#.to_owned(),
            r#"(["action","rulePriority","selection"])"#,
        ),
        (r#"{"rules":[1]}"#.to_owned(), r#"(allowed: ["object"])"#),
        (
            r#"{"rules":[],"x":1}"#.to_owned(),
            r#"not allowed by the schema: ["x"]"#,
        ),
        (policy(&[rule(0, ANY)]), "(minimum: 1, found: 0)"),
        (
            policy(&[rule(1, &ANY.replace("any", "some"))]),
            r#"value ("some") not found in enum"#,
        ),
        (
            policy(&[rule(1, &ANY.replace("any", "tagged"))]),
            "matched 0 out of 4",
        ),
        (
            policy(&[rule(1, &UNTAGGED.replace(r#""countUnit":"days","#, ""))]),
            "matched 0",
        ),
        (
            policy(&[rule(1, &format!(r#"{ANY},"countUnit":"days""#))]),
            "matched 0",
        ),
        (
            policy(&[rule(1, &format!(r#"{ANY},"tagPrefixList":["a"]"#))]),
            "matched 0",
        ),
        (
            policy(&[rule(1, UNTAGGED), rule(1, ANY)]),
            "rulePriority must be unique",
        ),
        (
            policy(&[rule(2, UNTAGGED), rule(1, ANY)]),
            "must have the highest value",
        ),
        (
            policy(&[rule(1, ANY).replace("expire", "keep")]),
            r#"value ("keep") not found"#,
        ),
        (
            policy(&[rule(1, UNTAGGED), rule(2, UNTAGGED)]),
            "Only one rule is allowed to select untagged images",
        ),
        (
            policy(&[rule(1, &tagged("prod")), rule(2, &tagged("prod"))]),
            "unique set of tag prefixes",
        ),
        (
            policy(&[rule(1, ANY).replace(
                r#""type":"expire""#,
                r#""type":"transition","targetStorageClass":"archive""#,
            )]),
            "the archive storage class is not built",
        ),
    ];
    for (text, part) in cases {
        let error = check(&text).unwrap_err();
        assert_eq!(error.code, "InvalidParameterException");
        let start = "Invalid parameter at 'LifecyclePolicyText' failed to satisfy constraint: \
                     'Lifecycle policy validation failure: ";
        assert!(error.message.starts_with(start), "{}", error.message);
        assert!(error.message.contains(part), "{text}: {}", error.message);
    }
}
