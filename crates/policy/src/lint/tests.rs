//! Each rule finds what it is for, and nothing beside it.

use super::*;

fn rules(kind: PolicyKind, statement: &str) -> Vec<Rule> {
    let text = format!(r#"{{"Version":"2012-10-17","Statement":[{statement}]}}"#);
    let document = Document::parse(&text, kind).unwrap_or_else(|e| panic!("{e}: {text}"));
    lint(&document, kind)
        .into_iter()
        .map(|finding| finding.rule)
        .collect()
}

#[test]
fn identity_policies() {
    use Rule::*;
    for (statement, expected) in [
        (r#""Action":"*","Resource":"*""#, vec![AllActions]),
        (r#""Action":"sqs:*","Resource":"*""#, vec![WholeService]),
        (
            r#""Action":"sqs:*","Resource":"arn:aws:sqs:*:*:*""#,
            vec![WholeService],
        ),
        (
            r#""Action":"sqs:*","Resource":"arn:aws:sqs:*:123456789012:*""#,
            vec![],
        ),
        (
            r#""Action":"sqs:*","Resource":"arn:aws:sqs:*:123456789012:jobs""#,
            vec![],
        ),
        (
            r#""NotAction":"iam:*","Resource":"*""#,
            vec![AllowNotAction],
        ),
        (
            r#""Action":"ecs:RunTask","NotResource":"arn:aws:ecs:*:*:cluster/a""#,
            vec![AllowNotResource],
        ),
        (r#""Action":"iam:PassRole","Resource":"*""#, vec![PassRole]),
        (
            r#""Action":"iam:Pass*","Resource":"arn:aws:iam::*:role/*""#,
            vec![PassRole],
        ),
        (
            r#""Action":"iam:PassRole","Resource":"arn:aws:iam::123456789012:role/web""#,
            vec![],
        ),
        (
            r#""Action":"iam:PassRole","Resource":"*",
               "Condition":{"StringEquals":{"iam:PassedToService":"ecs-tasks.amazonaws.com"}}"#,
            vec![],
        ),
        (
            r#""Action":"iam:PutRolePolicy","Resource":"*""#,
            vec![Escalation],
        ),
        (
            r#""Action":"iam:PutRole*","Resource":"arn:aws:iam::123456789012:role/app/*""#,
            vec![],
        ),
        (
            r#""Action":"iam:*","Resource":"*""#,
            vec![WholeService, PassRole],
        ),
        (
            r#""Action":["ecs:Run*","ecs:RunTask"],"Resource":"*""#,
            vec![Redundant],
        ),
        (
            r#""Action":["ecs:RunTask","ECS:runtask"],"Resource":"*""#,
            vec![Redundant],
        ),
        (
            r#""Action":["ecs:List*","ecs:*"],"Resource":"arn:aws:ecs:*:*:cluster/a""#,
            vec![Redundant],
        ),
        (
            r#""Action":["ecs:List*","ecs:Describe*"],"Resource":"*""#,
            vec![],
        ),
        (
            r#""Action":"ecs:RunTask","Resource":"arn:aws:ecs:*""#,
            vec![ShortArn],
        ),
        (r#""Action":"ecs:RunTask","Resource":[]"#, vec![Empty]),
        (
            r#""Action":"ecs:TagResource","Resource":"*","Condition":
               {"ForAllValues:StringEquals":{"aws:TagKeys":["a"]}}"#,
            vec![ForAllValuesAllow],
        ),
        (
            r#""Action":"ecs:TagResource","Resource":"*","Condition":
               {"ForAllValues:StringEquals":{"aws:TagKeys":["a"]},"Null":{"aws:TagKeys":"false"}}"#,
            vec![],
        ),
        (
            r#""Action":"ecs:RunTask","Resource":"*","Condition":
               {"StringEquals":{"aws:PrincipalTag/team":"a*"}}"#,
            vec![PlainWildcard],
        ),
        (
            r#""Action":"ecs:RunTask","Resource":"*","Condition":
               {"StringLike":{"aws:PrincipalTag/team":"a*"},
                "StringEquals":{"aws:PrincipalTag/x":"${aws:username}*"}}"#,
            vec![],
        ),
        (
            r#""Action":"ecs:RunTask","Resource":"*","Condition":
               {"IpAddress":{"aws:SourceIp":"10.0.0.0/40"},"Bool":{"aws:SecureTransport":"yes"},
                "NumericLessThan":{"s3:max-keys":"ten"},"ArnLike":{"ecs:cluster":"prod"}}"#,
            vec![UnreadableValue; 4],
        ),
    ] {
        let statement = format!(r#"{{"Effect":"Allow",{statement}}}"#);
        assert_eq!(
            rules(PolicyKind::Identity, &statement),
            expected,
            "{statement}"
        );
    }
    assert_eq!(
        rules(
            PolicyKind::Identity,
            r#"{"Effect":"Deny","Action":"*","Resource":"*"}"#
        ),
        []
    );
    assert_eq!(
        rules(
            PolicyKind::Scp,
            r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#
        ),
        [],
        "a control policy gives nothing"
    );
}

#[test]
fn policies_with_principals() {
    use Rule::*;
    let source = r#""Condition":{"StringEquals":{"aws:SourceAccount":"123456789012"}}"#;
    let org = r#""Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-a"}}"#;
    let github = r#"{"Federated":"arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"}"#;
    let host = "token.actions.githubusercontent.com";
    for (kind, rest, expected) in [
        (PolicyKind::Resource, r#""Principal":"*","Action":"ecr:BatchGetImage""#.to_owned(), vec![Public]),
        (PolicyKind::Resource, r#""Principal":{"AWS":"*"},"Action":"ecr:BatchGetImage""#.to_owned(), vec![Public]),
        (PolicyKind::Resource, format!(r#""Principal":"*","Action":"ecr:BatchGetImage",{org}"#), vec![]),
        (PolicyKind::Resource, r#""NotPrincipal":{"AWS":"123456789012"},"Action":"ecr:BatchGetImage""#.to_owned(), vec![AllowNotPrincipal]),
        (PolicyKind::Trust, r#""Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole""#.to_owned(), vec![ConfusedDeputy]),
        (PolicyKind::Trust, r#""Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole""#.to_owned(), vec![]),
        (PolicyKind::Trust, format!(r#""Principal":{{"Service":"ecs-tasks.amazonaws.com"}},"Action":"sts:AssumeRole",{source}"#), vec![]),
        (PolicyKind::Trust, r#""Principal":{"AWS":"123456789012"},"Action":"sts:AssumeRole""#.to_owned(), vec![]),
        (PolicyKind::Trust, format!(r#""Principal":{github},"Action":"sts:AssumeRoleWithWebIdentity""#), vec![AnyIdentity]),
        (PolicyKind::Trust, format!(r#""Principal":{github},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{{"StringEquals":{{"{host}:aud":"sts.amazonaws.com"}}}}"#), vec![AnyIdentity]),
        (PolicyKind::Trust, format!(r#""Principal":{github},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{{"StringLike":{{"{host}:sub":"repo:a/b:*"}}}}"#), vec![]),
        (PolicyKind::Trust, r#""Principal":{"Federated":"accounts.google.com"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{"accounts.google.com:aud":"app"}}"#.to_owned(), vec![]),
    ] {
        let statement = format!(r#"{{"Effect":"Allow",{rest}}}"#);
        assert_eq!(rules(kind, &statement), expected, "{statement}");
    }
    let deny =
        r#"{"Effect":"Deny","NotPrincipal":{"AWS":"123456789012"},"Action":"*","Resource":"*"}"#;
    assert_eq!(rules(PolicyKind::Resource, deny), [DenyNotPrincipal]);
}

#[test]
fn resource_control_policies() {
    let deny = |actions: &str| {
        let text =
            format!(r#"{{"Effect":"Deny","Principal":"*","Action":[{actions}],"Resource":"*"}}"#);
        rules(PolicyKind::Rcp, &text)
    };
    assert_eq!(deny(r#""ecr:*","STS:AssumeRole""#), []);
    assert_eq!(deny(r#""ecr:*","ecs:RunTask""#), [Rule::NotControlled]);
}

#[test]
fn variables_need_the_newer_version() {
    let text = r#"{"Statement":[{"Effect":"Allow","Action":"s3:GetObject",
        "Resource":"arn:aws:s3:::home/${aws:username}/*"}]}"#;
    let document = Document::parse(text, PolicyKind::Identity).unwrap();
    let found = lint(&document, PolicyKind::Identity);
    assert_eq!(
        found.iter().map(|f| f.rule).collect::<Vec<_>>(),
        [Rule::PlainVariable]
    );
}

struct Table;

impl Known for Table {
    fn has_service(&self, service: &str) -> bool {
        service == "ecs"
    }
    fn actions(&self, _: &str) -> Vec<String> {
        ["RunTask", "StopTask", "ListTasks"]
            .map(str::to_owned)
            .into()
    }
    fn has_key(&self, key: &str) -> bool {
        key == "ecs:cluster" || key.starts_with("aws:PrincipalTag/")
    }
}

#[test]
fn names_are_held_against_a_table() {
    let text = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow",
        "Action":["ecs:runtask","ecs:*Task","ecs:Stop","ecs:Kill*","ecz:RunTask","*"],
        "Resource":"arn:aws:ecs:*:*:x","Condition":{"StringEquals":{"ecs:cluster":"a",
        "ecs:clusters":"a","aws:PrincipalTag/a":"a","aws:Principaltag":"a","my:key":"a"}}}]}"#;
    let document = Document::parse(text, PolicyKind::Identity).unwrap();
    let found = lint_with(&document, PolicyKind::Identity, &Table);
    let of = |rule| found.iter().filter(|f| f.rule == rule).count();
    assert_eq!(
        (of(Rule::UnknownAction), of(Rule::UnknownKey)),
        (3, 2),
        "{found:#?}"
    );
}
