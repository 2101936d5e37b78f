//! The services' own words for violations.
//!
//! Taken from what clients of AWS have reported in public; most services share one form.

use rolecall_api::{Protocol, Service};
use rolecall_base::AwsError;

use super::{Seen, Violation};

/// The error that tells of `found`, which is not empty.
pub(super) fn error(service: &Service, found: Vec<Violation>) -> AwsError {
    let message = match service.id {
        "cloudtrail" => return cloudtrail(&found),
        "organizations" => return organizations(&found),
        "ecr" => ecr(&found),
        "iam" => iam(found),
        _ => common(&found),
    };
    AwsError::new(code(service), message)
}

/// The error code of the service's validation errors.
fn code(service: &Service) -> &'static str {
    match (service.id, service.protocols.first()) {
        ("ecs" | "ecr" | "logs", _) => "InvalidParameterException",
        (_, Some(Protocol::AwsQuery | Protocol::Ec2Query)) => "ValidationError",
        _ => "ValidationException",
    }
}

/// `2 validation errors detected: ...; ...`
fn common(found: &[Violation]) -> String {
    let all: Vec<String> = found.iter().map(ToString::to_string).collect();
    let plural = if all.len() == 1 { "" } else { "s" };
    format!(
        "{} validation error{plural} detected: {}",
        all.len(),
        all.join("; ")
    )
}

const MUST_MATCH: &str = "Member must satisfy regular expression pattern: ";
/// The model's pattern of the names of users, roles, policies and the like.
const IAM_NAME: &str = r"[\w+=,.@-]+";
/// The model's pattern of paths.
const IAM_PATH: &str = r"(\u002F)|(\u002F[\u0021-\u007E]+\u002F)";

/// IAM shows no values. The characters of names and paths it checks last, in a sentence.
fn iam(found: Vec<Violation>) -> String {
    let sentence = |v: &Violation| match v.constraint.strip_prefix(MUST_MATCH) {
        Some(IAM_NAME) => Some(format!(
            "The specified value for {} is invalid. It must contain only alphanumeric characters \
             and/or the following: +=,.@_-",
            v.path
        )),
        Some(IAM_PATH) => Some(format!(
            "The specified value for {} is invalid. It must begin and end with / and contain only \
             alphanumeric characters and/or / characters.",
            v.path
        )),
        _ => None,
    };
    let first = found.iter().find_map(sentence);
    let rest: Vec<Violation> = found
        .into_iter()
        .filter(|v| sentence(v).is_none())
        .map(|v| Violation {
            value: Seen::Hidden,
            ..v
        })
        .collect();
    match first {
        Some(first) if rest.is_empty() => first,
        _ => common(&rest),
    }
}

/// Organizations tells of the first violation only, by the reason that `InvalidInputException`
/// documents; the sentence for patterns is as recorded, the others are the reference's.
///
/// Source: AWS Organizations API Reference, `InvalidInputException`.
fn organizations(found: &[Violation]) -> AwsError {
    let constraint = found.first().map_or("", |v| v.constraint.as_str());
    let is = |start: &str| constraint.starts_with(start);
    let (reason, message) = if is(MUST_MATCH) {
        (
            "INVALID_PATTERN",
            "You provided a value that does not match the required pattern.",
        )
    } else if is("Member must not be null") {
        (
            "INPUT_REQUIRED",
            "You must include a value for all required parameters.",
        )
    } else if is("Member must have length less") {
        (
            "MAX_LENGTH_EXCEEDED",
            "You provided a string parameter that is longer than allowed.",
        )
    } else if is("Member must have length greater") {
        (
            "MIN_LENGTH_EXCEEDED",
            "You provided a string parameter that is shorter than allowed.",
        )
    } else if is("Member must have value less") {
        (
            "MAX_VALUE_EXCEEDED",
            "You provided a numeric parameter that has a larger value than allowed.",
        )
    } else if is("Member must have value greater") {
        (
            "MIN_VALUE_EXCEEDED",
            "You provided a numeric parameter that has a smaller value than allowed.",
        )
    } else if is("Member must satisfy enum value set") {
        let path = found.first().map_or("", |v| v.path.as_str());
        match path {
            "filter" | "policyType" | "type" => (
                "INVALID_ENUM_POLICY_TYPE",
                "You specified an invalid policy type string.",
            ),
            _ => ("INVALID_ENUM", "You specified an invalid value."),
        }
    } else {
        (
            "INVALID_LIST_MEMBER",
            "You provided a list to a parameter that contains at least one invalid value.",
        )
    };
    AwsError::new("InvalidInputException", message).with_field("Reason", reason)
}

/// CloudTrail has an error of its own for the members of `LookupEvents`.
///
/// Source: CloudTrail API Reference, `LookupEvents`. The message about `MaxResults` is as
/// recorded.
fn cloudtrail(found: &[Violation]) -> AwsError {
    for violation in found {
        match (violation.path.as_str(), &violation.value) {
            ("maxResults", Seen::Text(value)) => {
                let message = format!(
                    "A max results value of {value} is invalid. Specify max results between 1 and \
                     50."
                );
                return AwsError::new("InvalidMaxResultsException", message);
            }
            ("eventCategory", _) => {
                return AwsError::new("InvalidEventCategoryException", common(found));
            }
            (path, _) if path.starts_with("lookupAttributes") => {
                return AwsError::new("InvalidLookupAttributesException", common(found));
            }
            _ => {}
        }
    }
    AwsError::new("ValidationException", common(found))
}

/// ECR tells of the first violation only: `Invalid parameter at 'repositoryName' failed to satisfy
/// constraint: 'must have length greater than or equal to 2'`.
fn ecr(found: &[Violation]) -> String {
    let Some(first) = found.first() else {
        return String::new();
    };
    let constraint = match first.constraint.strip_prefix(MUST_MATCH) {
        Some(pattern) => format!(
            "must satisfy regular expression '{}'",
            pattern.replace(r"\/", "/")
        ),
        None => first
            .constraint
            .strip_prefix("Member ")
            .unwrap_or(&first.constraint)
            .to_owned(),
    };
    format!(
        "Invalid parameter at '{}' failed to satisfy constraint: '{constraint}'",
        first.path
    )
}
