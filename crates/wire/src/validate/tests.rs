//! The messages, for inputs of real operations.

use rolecall_api::{Service, Value};

use super::*;

fn check(service: &'static Service, operation: &str, json: &str) -> String {
    let operation = service.operation(operation).unwrap();
    let value = crate::json::read(service, operation.input, json.as_bytes()).unwrap();
    match validate(service, operation.input, &value) {
        Ok(()) => "fine".to_owned(),
        Err(e) => {
            assert_eq!(e.status, 400);
            e.to_string()
        }
    }
}

#[test]
fn violations_are_told_in_the_services_words() {
    use rolecall_api::{ecr, ecs, iam, logs, secretsmanager, sts};
    let long = "x".repeat(65);
    let cases: &[(&'static Service, &str, &str, &str)] = &[
        (&iam::SERVICE, "GetRole", r#"{"RoleName":"ok"}"#, "fine"),
        // The models do not call one-time codes sensitive, but they are.
        (
            &sts::SERVICE,
            "GetSessionToken",
            r#"{"TokenCode":"12 456"}"#,
            r"ValidationError: 1 validation error detected: Value at 'tokenCode' failed to satisfy constraint: Member must satisfy regular expression pattern: [\d]*",
        ),
        (
            &iam::SERVICE,
            "GetRole",
            "{}",
            "ValidationError: 1 validation error detected: Value at 'roleName' failed to \
             satisfy constraint: Member must not be null",
        ),
        (
            &iam::SERVICE,
            "CreateRole",
            r#"{"RoleName":"a b","AssumeRolePolicyDocument":"{}"}"#,
            "ValidationError: The specified value for roleName is invalid. It must contain only \
             alphanumeric characters and/or the following: +=,.@_-",
        ),
        (
            &iam::SERVICE,
            "CreateRole",
            r#"{"RoleName":"a","AssumeRolePolicyDocument":"{}","Path":"x"}"#,
            "ValidationError: The specified value for path is invalid. It must begin and end with \
             / and contain only alphanumeric characters and/or / characters.",
        ),
        (
            &iam::SERVICE,
            "CreateRole",
            &format!(r#"{{"RoleName":"<{long}","MaxSessionDuration":1}}"#),
            "ValidationError: 3 validation errors detected: Value at 'roleName' failed to satisfy \
             constraint: Member must have length less than or equal to 64; Value at \
             'assumeRolePolicyDocument' failed to satisfy constraint: Member must not be null; \
             Value at 'maxSessionDuration' failed to satisfy constraint: Member must have value \
             greater than or equal to 3600",
        ),
        (
            &iam::SERVICE,
            "TagRole",
            r#"{"RoleName":"r","Tags":[{"Key":"k","Value":"v"},{"Key":"<","Value":"v"}]}"#,
            r"ValidationError: 1 validation error detected: Value at 'tags.2.member.key' failed to satisfy constraint: Member must satisfy regular expression pattern: [\p{L}\p{Z}\p{N}_.:/=+\-@]+",
        ),
        (
            &sts::SERVICE,
            "AssumeRole",
            r#"{"RoleArn":"arn:aws:iam::1:role/r","RoleSessionName":"","DurationSeconds":100000}"#,
            "ValidationError: 2 validation errors detected: Value '' at 'roleSessionName' failed to \
             satisfy constraint: Member must have length greater than or equal to 2; Value \
             '100000' at 'durationSeconds' failed to satisfy constraint: Member must have value \
             less than or equal to 43200",
        ),
        (
            &ecr::SERVICE,
            "CreateRepository",
            r#"{"repositoryName":"Bad"}"#,
            r"InvalidParameterException: Invalid parameter at 'repositoryName' failed to satisfy constraint: 'must satisfy regular expression '[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*''",
        ),
        (
            &ecr::SERVICE,
            "CreateRepository",
            r#"{"repositoryName":"a"}"#,
            "InvalidParameterException: Invalid parameter at 'repositoryName' failed to satisfy \
             constraint: 'must have length greater than or equal to 2'",
        ),
        (
            &ecs::SERVICE,
            "RunTask",
            "{}",
            "InvalidParameterException: 1 validation error detected: Value null at \
             'taskDefinition' failed to satisfy constraint: Member must not be null",
        ),
        (
            &ecs::SERVICE,
            "RunTask",
            r#"{"taskDefinition":"t","launchType":"MOON"}"#,
            "InvalidParameterException: 1 validation error detected: Value 'MOON' at 'launchType' \
             failed to satisfy constraint: Member must satisfy enum value set: [EC2, FARGATE, \
             EXTERNAL, MANAGED_INSTANCES]",
        ),
        (
            &logs::SERVICE,
            "CreateLogGroup",
            r#"{"logGroupName":"a","tags":{"<":"v"}}"#,
            r"InvalidParameterException: 1 validation error detected: Value '{<=v}' at 'tags' failed to satisfy constraint: Map keys must satisfy constraint: [Member must have length less than or equal to 128, Member must have length greater than or equal to 1, Member must satisfy regular expression pattern: ^([\p{L}\p{Z}\p{N}_.:/=+\-@]+)$]",
        ),
        (
            &secretsmanager::SERVICE,
            "CreateSecret",
            r#"{"Name":"n","SecretString":""}"#,
            "ValidationException: 1 validation error detected: Value at 'secretString' \
             failed to satisfy constraint: Member must have length greater than or equal to 1",
        ),
    ];
    for (service, operation, json, expected) in cases {
        assert_eq!(&check(service, operation, json), expected);
    }
}

#[test]
fn organizations_and_cloudtrail_have_errors_of_their_own() {
    use rolecall_api::{cloudtrail, organizations};
    let pattern = "InvalidInputException: You provided a value that does not match the required \
                   pattern.";
    let policy_type = "InvalidInputException: You specified an invalid policy type string.";
    let required = "InvalidInputException: You must include a value for all required parameters.";
    let long = format!(r#"{{"ParentId":"r-abcd","Name":"{}"}}"#, "x".repeat(129));
    let too_long = "InvalidInputException: You provided a string parameter that is longer than \
                    allowed.";
    let results = "InvalidMaxResultsException: A max results value of 51 is invalid. Specify max \
                   results between 1 and 50.";
    let (of, trail) = (&organizations::SERVICE, &cloudtrail::SERVICE);
    let account = r#"{"AccountId":"x"}"#;
    assert_eq!(check(of, "DescribeAccount", account), pattern);
    assert_eq!(check(of, "DescribeAccount", "{}"), required);
    assert_eq!(check(of, "CreateOrganizationalUnit", &long), too_long);
    let filter = r#"{"Filter":"NONE"}"#;
    assert_eq!(check(of, "ListPolicies", filter), policy_type);
    assert_eq!(
        check(trail, "LookupEvents", r#"{"MaxResults":51}"#),
        results
    );
    let key = r#"{"LookupAttributes":[{"AttributeKey":"A","AttributeValue":"a"}]}"#;
    let told = check(trail, "LookupEvents", key);
    assert!(
        told.starts_with("InvalidLookupAttributesException: "),
        "{told}"
    );
    let told = check(trail, "LookupEvents", r#"{"EventCategory":"none"}"#);
    assert!(
        told.starts_with("InvalidEventCategoryException: "),
        "{told}"
    );
}

#[test]
fn elements_of_a_list_are_told_at_the_list() {
    let text = check(
        &rolecall_api::iam::SERVICE,
        "UntagRole",
        r#"{"RoleName":"r","TagKeys":["ok","<"]}"#,
    );
    assert_eq!(
        text,
        "ValidationError: 1 validation error detected: Value at 'tagKeys' failed to \
         satisfy constraint: Member must satisfy constraint: [Member must have length less than \
         or equal to 128, Member must have length greater than or equal to 1, Member must satisfy \
         regular expression pattern: [\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]+]"
    );
}

#[test]
fn lists_and_maps_hold_no_nulls() {
    assert_eq!(
        check(
            &rolecall_api::ecs::SERVICE,
            "DescribeClusters",
            r#"{"clusters":["a",null]}"#
        ),
        "InvalidParameterException: 1 validation error detected: Value null at \
         'clusters.2.member' failed to satisfy constraint: Member must not be null"
    );
}

#[test]
fn operations_without_input_are_fine() {
    assert!(
        validate(
            &rolecall_api::sts::SERVICE,
            None,
            &Value::Struct(Vec::new())
        )
        .is_ok()
    );
}
