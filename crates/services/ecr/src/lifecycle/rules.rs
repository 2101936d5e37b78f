//! What a lifecycle policy must be, and what its rules say.
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
    let rules = read(text)?;
    if rules.iter().any(|rule| rule.action == "transition") {
        return Err(errors::invalid_lifecycle(
            "the archive storage class is not built in Rolecall; use the action expire",
        ));
    }
    Ok(compact(text))
}

/// The rules of a policy, in the order in which they are applied.
pub(super) fn read(text: &str) -> Result<Vec<Rule>, AwsError> {
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
    let mut rules = rules
        .iter()
        .map(Rule::read)
        .collect::<Result<Vec<_>, _>>()?;
    check_together(&rules)?;
    rules.sort_by_key(|rule| rule.priority);
    Ok(rules)
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

/// Which images a rule is about, by their tags.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Tags {
    /// Whatever their tags.
    Any,
    /// Those without tags.
    Untagged,
    /// Those that have, of each prefix, a tag that begins with it.
    Prefixes(Vec<String>),
    /// Those that have, of each pattern, a tag that matches it.
    Patterns(Vec<String>),
}

/// Which of those images a rule marks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Count {
    /// All but this many that were pushed last.
    MoreThan(u64),
    /// Those pushed more than this many days ago.
    DaysSincePushed(u64),
    /// Those pulled last, or pushed if they never were, more than this many days ago.
    DaysSincePulled(u64),
    /// Those moved to the archive more than this many days ago.
    DaysSinceTransitioned,
}

/// A rule of a policy.
#[derive(Clone, Debug)]
pub(super) struct Rule {
    /// Lower ones are applied first.
    pub(super) priority: u64,
    pub(super) tags: Tags,
    pub(super) count: Count,
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
        let tags = read_tags(selection, tag_status)?;
        let (count, storage_class) = read_count(selection, kind)?;
        Ok(Self {
            priority,
            tags,
            count,
            storage_class,
            action: kind.to_owned(),
        })
    }

    /// Whether it is about images in the archive, of which there are none.
    pub(super) fn is_of_archive(&self) -> bool {
        self.storage_class.as_deref() == Some("archive")
    }

    /// Whether it expires what it marks.
    pub(super) fn expires(&self) -> bool {
        self.action == "expire"
    }
}

/// `tagged` takes prefixes or patterns, the others neither.
fn read_tags(selection: &Members, tag_status: &str) -> Result<Tags, AwsError> {
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
    let owned = |items: Vec<&str>| items.into_iter().map(str::to_owned).collect();
    match (tag_status, prefixes, patterns) {
        ("any", None, None) => Ok(Tags::Any),
        ("untagged", None, None) => Ok(Tags::Untagged),
        ("tagged", Some(prefixes), None) => Ok(Tags::Prefixes(owned(prefixes))),
        ("tagged", None, Some(patterns)) => Ok(Tags::Patterns(owned(patterns))),
        _ => Err(no_schema_matches()),
    }
}

/// Counts of images take no unit, counts of time are in days; the storage class, if given.
fn read_count(selection: &Members, action: &str) -> Result<(Count, Option<String>), AwsError> {
    const TYPES: [&str; 4] = [
        "imageCountMoreThan",
        "sinceImagePulled",
        "sinceImagePushed",
        "sinceImageTransitioned",
    ];
    let count_type = text(selection, "countType", &TYPES)?;
    let number = positive(selection, "countNumber")?;
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
    let count = match count_type {
        "imageCountMoreThan" => Count::MoreThan(number),
        "sinceImagePushed" => Count::DaysSincePushed(number),
        "sinceImagePulled" => Count::DaysSincePulled(number),
        _ => Count::DaysSinceTransitioned,
    };
    Ok((count, class.map(str::to_owned)))
}

/// Priorities are unique; a rule for `any` image comes last among those of its action and class,
/// which have one rule for untagged images, and no two for the same tags.
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
    for one in rules {
        let later = rules.iter().filter(|rule| {
            rule.storage_class == one.storage_class
                && rule.action == one.action
                && rule.priority > one.priority
        });
        let mut same = later.clone().filter(|rule| rule.tags == one.tags);
        let wrong = match &one.tags {
            Tags::Any if later.count() > 0 => {
                "A rule with a tagStatus value of any must have the highest value for rulePriority"
            }
            Tags::Untagged if same.next().is_some() => {
                "Only one rule is allowed to select untagged images"
            }
            Tags::Prefixes(_) | Tags::Patterns(_) if same.next().is_some() => {
                "The set of rules must contain a unique set of tag prefixes"
            }
            _ => continue,
        };
        return Err(errors::invalid_lifecycle(wrong));
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
mod tests;
