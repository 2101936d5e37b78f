//! What a lifecycle policy must be.
//!
//! Source: ECR User Guide, "Lifecycle policy properties in Amazon ECR". The words are those of the
//! schema validator that AWS's messages quote.

use rolecall_base::AwsError;
use serde_json::{Map, Value};

use crate::errors;

/// The wildcards that a pattern of `tagPatternList` may have.
const WILDCARDS_MAX: usize = 4;

type Members = Map<String, Value>;

/// Checks a policy; what it is as compact JSON, its members in the order given.
pub(super) fn check(text: &str) -> Result<String, AwsError> {
    let unmapped = || errors::invalid_lifecycle("Could not map policyString into LifecyclePolicy.");
    let policy: Members = serde_json::from_str(text).map_err(|_| unmapped())?;
    members(&policy, &["rules"], &["rules"])?;
    let Some(Value::Array(rules)) = policy.get("rules") else {
        return Err(unmapped());
    };
    if rules.is_empty() {
        return Err(errors::invalid_lifecycle(
            "array is too short: must have at least 1 elements but instance has 0 elements",
        ));
    }
    let rules = rules
        .iter()
        .map(Rule::read)
        .collect::<Result<Vec<_>, _>>()?;
    check_together(&rules)?;
    Ok(compact(text))
}

/// Required and allowed members of an object.
fn members(object: &Members, required: &[&str], allowed: &[&str]) -> Result<(), AwsError> {
    let quoted = |names: Vec<&str>| {
        let names: Vec<String> = names.iter().map(|name| format!("\"{name}\"")).collect();
        names.join(",")
    };
    let missing: Vec<&str> = required
        .iter()
        .copied()
        .filter(|name| !object.contains_key(*name))
        .collect();
    if !missing.is_empty() {
        let names = quoted(missing);
        let message = format!("object has missing required properties ([{names}])");
        return Err(errors::invalid_lifecycle(message));
    }
    let extra: Vec<&str> = object
        .keys()
        .map(String::as_str)
        .filter(|name| !allowed.contains(name))
        .collect();
    if !extra.is_empty() {
        let names = quoted(extra);
        let message = format!(
            "object instance has properties which are not allowed by the schema: [{names}]"
        );
        return Err(errors::invalid_lifecycle(message));
    }
    Ok(())
}

fn object<'a>(parent: &'a Members, name: &str) -> Result<&'a Members, AwsError> {
    parent
        .get(name)
        .and_then(Value::as_object)
        .ok_or_else(|| wrong_type("object"))
}

fn wrong_type(allowed: &str) -> AwsError {
    errors::invalid_lifecycle(format!(
        "instance type does not match any allowed primitive type (allowed: [\"{allowed}\"])"
    ))
}

fn text<'a>(parent: &'a Members, name: &str, values: &[&str]) -> Result<&'a str, AwsError> {
    let value = parent
        .get(name)
        .and_then(Value::as_str)
        .ok_or_else(|| wrong_type("string"))?;
    if values.contains(&value) {
        return Ok(value);
    }
    let possible: Vec<String> = values.iter().map(|value| format!("\"{value}\"")).collect();
    Err(errors::invalid_lifecycle(format!(
        "instance value (\"{value}\") not found in enum (possible values: [{}])",
        possible.join(",")
    )))
}

fn positive(parent: &Members, name: &str) -> Result<u64, AwsError> {
    let number = parent
        .get(name)
        .and_then(Value::as_i64)
        .ok_or_else(|| wrong_type("integer"))?;
    match u64::try_from(number) {
        Ok(number) if number >= 1 => Ok(number),
        _ => Err(errors::invalid_lifecycle(format!(
            "numeric instance is lower than the required minimum (minimum: 1, found: {number})"
        ))),
    }
}

/// The members do not go together in any of the ways that the schema knows.
fn no_schema_matches() -> AwsError {
    errors::invalid_lifecycle("instance failed to match exactly one schema (matched 0 out of 4)\n")
}

struct Rule {
    priority: u64,
    tag_status: String,
    storage_class: Option<String>,
    action: String,
}

impl Rule {
    fn read(rule: &Value) -> Result<Self, AwsError> {
        const REQUIRED: [&str; 3] = ["action", "rulePriority", "selection"];
        const SELECTED: [&str; 3] = ["countNumber", "countType", "tagStatus"];
        let rule = rule.as_object().ok_or_else(|| wrong_type("object"))?;
        members(
            rule,
            &REQUIRED,
            &["action", "description", "rulePriority", "selection"],
        )?;
        if rule
            .get("description")
            .is_some_and(|text| !text.is_string())
        {
            return Err(wrong_type("string"));
        }
        let priority = positive(rule, "rulePriority")?;
        let action = object(rule, "action")?;
        members(action, &["type"], &["type", "targetStorageClass"])?;
        let kind = text(action, "type", &["expire", "transition"])?;
        let target = action.get("targetStorageClass");
        let target_fits = match kind {
            "transition" => target.and_then(Value::as_str) == Some("archive"),
            _ => target.is_none(),
        };
        if !target_fits {
            return Err(no_schema_matches());
        }
        let selection = object(rule, "selection")?;
        let allowed = [
            "countNumber",
            "countType",
            "countUnit",
            "storageClass",
            "tagPatternList",
            "tagPrefixList",
            "tagStatus",
        ];
        members(selection, &SELECTED, &allowed)?;
        let tag_status = text(selection, "tagStatus", &["any", "tagged", "untagged"])?;
        check_tags(selection, tag_status)?;
        let storage_class = check_count(selection, kind)?;
        let (tag_status, action) = (tag_status.to_owned(), kind.to_owned());
        Ok(Self {
            priority,
            tag_status,
            storage_class,
            action,
        })
    }
}

/// `tagged` takes prefixes or patterns, the others neither.
fn check_tags(selection: &Members, tag_status: &str) -> Result<(), AwsError> {
    let list = |name: &str| -> Result<Option<Vec<&str>>, AwsError> {
        let Some(value) = selection.get(name) else {
            return Ok(None);
        };
        let items = value.as_array().ok_or_else(|| wrong_type("array"))?;
        let items: Option<Vec<&str>> = items.iter().map(Value::as_str).collect();
        let items = items.ok_or_else(|| wrong_type("string"))?;
        if items.is_empty() || items.contains(&"") {
            return Err(no_schema_matches());
        }
        Ok(Some(items))
    };
    let (prefixes, patterns) = (list("tagPrefixList")?, list("tagPatternList")?);
    let wild = |pattern: &&str| pattern.matches('*').count() > WILDCARDS_MAX;
    if let Some(pattern) = patterns.iter().flatten().find(|pattern| wild(pattern)) {
        let message = format!("tag pattern {pattern} has more than {WILDCARDS_MAX} wildcards");
        return Err(errors::invalid_lifecycle(message));
    }
    let given = usize::from(prefixes.is_some()) + usize::from(patterns.is_some());
    let fits = if tag_status == "tagged" {
        given == 1
    } else {
        given == 0
    };
    if fits {
        Ok(())
    } else {
        Err(no_schema_matches())
    }
}

/// Counts of images take no unit, counts of time are in days; the storage class, if given.
fn check_count(selection: &Members, action: &str) -> Result<Option<String>, AwsError> {
    const TYPES: [&str; 4] = [
        "imageCountMoreThan",
        "sinceImagePulled",
        "sinceImagePushed",
        "sinceImageTransitioned",
    ];
    let count_type = text(selection, "countType", &TYPES)?;
    positive(selection, "countNumber")?;
    let unit = selection
        .get("countUnit")
        .map(|_| text(selection, "countUnit", &["days"]));
    let unit = unit.transpose()?;
    if unit.is_some() == (count_type == "imageCountMoreThan") {
        return Err(no_schema_matches());
    }
    let class = selection
        .get("storageClass")
        .map(|_| text(selection, "storageClass", &["archive", "standard"]))
        .transpose()?;
    let archived = class == Some("archive");
    // Only images in the archive were moved there, and they are moved nowhere else.
    if (count_type == "sinceImageTransitioned") != archived || (archived && action != "expire") {
        return Err(no_schema_matches());
    }
    Ok(class.map(str::to_owned))
}

/// Priorities are unique; a rule for `any` image comes last among those of its action and class.
fn check_together(rules: &[Rule]) -> Result<(), AwsError> {
    let mut priorities: Vec<u64> = rules.iter().map(|rule| rule.priority).collect();
    priorities.sort_unstable();
    if let Some([priority, _]) = priorities
        .windows(2)
        .find(|pair| pair.first() == pair.last())
    {
        let message = format!("rulePriority must be unique: {priority} is used more than once");
        return Err(errors::invalid_lifecycle(message));
    }
    for any in rules.iter().filter(|rule| rule.tag_status == "any") {
        let same = |rule: &&Rule| {
            rule.storage_class == any.storage_class
                && rule.action == any.action
                && rule.priority > any.priority
        };
        if rules.iter().any(|rule| same(&rule)) {
            return Err(errors::invalid_lifecycle(
                "A rule with a tagStatus value of any must have the highest value for rulePriority",
            ));
        }
    }
    Ok(())
}

/// JSON without the white space between its tokens.
fn compact(text: &str) -> String {
    let (mut inside, mut escaped) = (false, false);
    let keep = |c: &char| {
        if inside {
            if escaped {
                escaped = false;
            } else {
                escaped = *c == '\\';
                inside = *c != '"';
            }
            return true;
        }
        inside = *c == '"';
        !c.is_ascii_whitespace()
    };
    text.chars().filter(keep).collect()
}

#[cfg(test)]
mod tests {
    use super::check;

    fn rule(priority: u32, selection: &str) -> String {
        format!(
            r#"{{"rulePriority":{priority},"selection":{{{selection}}},"action":{{"type":"expire"}}}}"#
        )
    }

    fn policy(rules: &[String]) -> String {
        format!(r#"{{"rules":[{}]}}"#, rules.join(","))
    }

    const UNTAGGED: &str = r#""tagStatus":"untagged","countType":"sinceImagePushed","countUnit":"days","countNumber":14"#;
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
        let archive = r#"{"rules":[{"rulePriority":1,"selection":{"tagStatus":"any","countType":"sinceImagePulled","countUnit":"days","countNumber":90},"action":{"type":"transition","targetStorageClass":"archive"}}]}"#;
        check(archive).unwrap();
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
}
