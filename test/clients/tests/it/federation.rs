//! Callers that an identity provider vouches for, by an unmodified boto3: a real provider on
//! localhost with certificates of its own, tokens that it signs, and SAML assertions.

use std::path::Path;

use rolecall_testkit::Node;
use rolecall_testkit::clients::{Said, python};
use serde_json::json;

use crate::terraform::Terraform;

#[test]
fn boto3_comes_with_tokens_and_assertions() {
    let node = Node::start().unwrap();
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/federation/federation.py");
    let mut command = node.command(python().unwrap());
    command
        .arg(program)
        .arg(node.scratch().join("token"))
        .env("PYTHONDONTWRITEBYTECODE", "1");
    let said = Said::by(&mut command).unwrap();
    assert_eq!(said.status, 0, "{}\n{}", said.err, node.log());
    let denied = "Not authorized to perform";
    let session = "arn:aws:sts::123456789012:assumed-role";
    let bob = "arn:aws:sts::123456789012:federated-user/Bob";
    let bad = "InvalidIdentityToken";
    let sealed =
        "The encrypted assertion cannot be decrypted and verified with the provider's keys";
    let wanted = json!({
        "thumbprint": true,
        "good": format!("{session}/ci/direct"),
        "other subject": format!("AccessDenied: {denied} sts:AssumeRoleWithWebIdentity"),
        "other audience": format!("{bad}: Incorrect token audience"),
        "late": "ExpiredTokenException",
        "forged": format!("{bad}: Invalid token signature"),
        "from a file": format!("{session}/ci/from-file"),
        "its rights": format!(
            "AccessDeniedException: User: {session}/ci/from-file is not authorized to perform: \
             ecs:ListClusters on resource: * because no identity-based policy allows the \
             ecs:ListClusters action"
        ),
        "other thumbprint": format!(
            "{bad}: OpenIDConnect provider's HTTPS certificate doesn't match configured thumbprint"
        ),
        "no provider": format!(
            "{bad}: No OpenIDConnect provider found in your account for ISSUER"
        ),
        "saml": format!("{session}/sso/alice"),
        "saml forged": format!("{bad}: Response signature invalid"),
        "saml plain": format!("{bad}: The assertion is not encrypted"),
        "saml encrypted": format!("{session}/sso/alice"),
        "saml for another": format!("{bad}: {sealed}"),
        "saml encrypted and forged": format!("{bad}: {sealed}"),
        "federated": "123456789012:Bob",
        "federated allowed": [],
        "federated denied": format!(
            "AccessDeniedException: User: {bob} is not authorized to perform: \
             ecs:ListTaskDefinitions on resource: * because no session policy allows the \
             ecs:ListTaskDefinitions action"
        ),
        "simulated": [["ecs:RunTask", "allowed"], ["iam:ListUsers", "implicitDeny"]],
    });
    let said = said.json();
    for (name, wanted) in wanted.as_object().unwrap() {
        assert_eq!(&said[name], wanted, "{name}\n{}", node.log());
    }
}

#[test]
fn terraform_makes_providers_and_certificates_and_finds_them_unchanged() {
    let node = Node::start().unwrap();
    let Some(terraform) = Terraform::with(&node, "terraform-federation") else {
        return;
    };
    terraform.run(&["apply", "-auto-approve", "-input=false"], 0);
    let said = terraform.run(&["output", "-json"], 0).json();
    assert_eq!(said["allowed"]["value"], true);
    let arn = "arn:aws:iam::123456789012:oidc-provider/token.example.com";
    assert_eq!(said["provider"]["value"], arn);
    terraform.run(&["plan", "-detailed-exitcode", "-input=false"], 0);
    terraform.run(&["destroy", "-auto-approve", "-input=false"], 0);
}
