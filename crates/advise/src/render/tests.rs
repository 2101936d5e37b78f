//! The same policy in three formats.

use super::*;

fn policy() -> PolicyDocument {
    let statements = [
        r#"{"Effect":"Allow","Action":"ecr:GetAuthorizationToken","Resource":"*"}"#,
        r#"{"Effect":"Allow","Action":["ecs:RunTask","ecs:StopTask"],
            "Resource":"arn:aws:ecs:*:*:task/${aws:username}",
            "Condition":{"StringEquals":{"iam:PassedToService":"ecs-tasks.amazonaws.com"}}}"#,
    ];
    PolicyDocument {
        statements: statements
            .iter()
            .map(|text| Statement::read(text).unwrap())
            .collect(),
    }
}

#[test]
fn json_in_the_order_that_people_write() {
    assert_eq!(
        policies(Format::Json, Holder::Role("web"), &[policy()]),
        r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": "ecr:GetAuthorizationToken",
      "Resource": "*"
    },
    {
      "Effect": "Allow",
      "Action": [
        "ecs:RunTask",
        "ecs:StopTask"
      ],
      "Resource": "arn:aws:ecs:*:*:task/${aws:username}",
      "Condition": {
        "StringEquals": {
          "iam:PassedToService": "ecs-tasks.amazonaws.com"
        }
      }
    }
  ]
}"#
    );
}

#[test]
fn terraform() {
    assert_eq!(
        policies(Format::Terraform, Holder::Role("web"), &[policy()]),
        r#"data "aws_iam_policy_document" "web" {
  statement {
    effect    = "Allow"
    actions   = ["ecr:GetAuthorizationToken"]
    resources = ["*"]
  }

  statement {
    effect    = "Allow"
    resources = ["arn:aws:ecs:*:*:task/$${aws:username}"]

    actions = [
      "ecs:RunTask",
      "ecs:StopTask",
    ]

    condition {
      test     = "StringEquals"
      variable = "iam:PassedToService"
      values   = ["ecs-tasks.amazonaws.com"]
    }
  }
}

resource "aws_iam_role_policy" "web" {
  name   = "web"
  role   = "web"
  policy = data.aws_iam_policy_document.web.json
}
"#
    );
    let two = policies(
        Format::Terraform,
        Holder::User("a.b"),
        &[policy(), policy()],
    );
    assert!(
        two.contains("resource \"aws_iam_user_policy_attachment\" \"a_b-2\""),
        "{two}"
    );
    assert!(two.contains("  user       = \"a.b\"\n  policy_arn = aws_iam_policy.a_b-2.arn\n"));
}

#[test]
fn cloud_formation() {
    assert_eq!(
        policies(Format::CloudFormation, Holder::Role("web-api"), &[policy()]),
        r#"Resources:
  WebApiPolicy:
    Type: AWS::IAM::RolePolicy
    Properties:
      RoleName: "web-api"
      PolicyName: "web-api"
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: "Allow"
            Action: "ecr:GetAuthorizationToken"
            Resource: "*"
          - Effect: "Allow"
            Action:
              - "ecs:RunTask"
              - "ecs:StopTask"
            Resource: "arn:aws:ecs:*:*:task/${aws:username}"
            Condition:
              StringEquals:
                "iam:PassedToService": "ecs-tasks.amazonaws.com"
"#
    );
    let two = policies(
        Format::CloudFormation,
        Holder::User("ci"),
        &[policy(), policy()],
    );
    assert!(
        two.contains("  Ci2Policy:\n    Type: AWS::IAM::ManagedPolicy\n"),
        "{two}"
    );
}

#[test]
fn a_statement_of_a_trust_policy() {
    let trust = r#"{"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"}"#;
    let trust = Statement::read(trust).unwrap();
    assert_eq!(
        statement(Format::Terraform, Layer::Trust, &trust),
        r#"# in the aws_iam_policy_document of the role's assume_role_policy
statement {
  effect  = "Allow"
  actions = ["sts:AssumeRole"]

  principals {
    type        = "Service"
    identifiers = ["ecs-tasks.amazonaws.com"]
  }
}
"#
    );
    assert_eq!(
        statement(Format::CloudFormation, Layer::Trust, &trust),
        r#"# under AssumeRolePolicyDocument, Statement
- Effect: "Allow"
  Principal:
    Service: "ecs-tasks.amazonaws.com"
  Action: "sts:AssumeRole"
"#
    );
}

#[test]
fn what_is_too_long_for_a_user_inline_is_managed() {
    let mut long = policy();
    while long.len() <= 2_048 {
        long.statements.extend(policy().statements);
    }
    let long = [long];
    let user = policies(Format::Terraform, Holder::User("ci"), &long);
    assert!(
        user.contains("resource \"aws_iam_policy\" \"ci\""),
        "{user}"
    );
    let user = policies(Format::CloudFormation, Holder::User("ci"), &long);
    assert!(user.contains("Type: AWS::IAM::ManagedPolicy"), "{user}");
    let role = policies(Format::Terraform, Holder::Role("ci"), &long);
    assert!(
        role.contains("resource \"aws_iam_role_policy\" \"ci\""),
        "{role}"
    );
}
