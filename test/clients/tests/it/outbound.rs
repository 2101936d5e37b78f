//! Tokens of `GetWebIdentityToken` by an unmodified boto3, verified by PyJWT with what their issuer
//! publishes behind a TLS proxy, and taken by another server.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use rolecall_testkit::Node;
use rolecall_testkit::clients::{Said, aws_v1, python};
use serde_json::{Value, json};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures/outbound")
        .join(name)
}

/// The proxy, until it is dropped.
struct Proxy {
    process: Child,
    port: u16,
}

impl Proxy {
    fn start() -> Self {
        let mut command = Command::new(python().unwrap());
        command.arg(fixture("proxy.py"));
        let mut process = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let out = process.stdout.take().unwrap();
        BufReader::new(out).read_line(&mut line).unwrap();
        let port = line.trim().parse().unwrap();
        Self { process, port }
    }

    fn serve(&mut self, address: &str) {
        let stdin = self.process.stdin.as_mut().unwrap();
        writeln!(stdin, "{address}").unwrap();
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn wanted() -> Value {
    let disabled = "OutboundWebIdentityFederationDisabledException: OutboundWebIdentityFederation \
                    is disabled.";
    let user = "arn:aws:iam::123456789012:user";
    let refused = |name: &str, action: &str| {
        format!(
            "AccessDenied: User: {user}/{name} is not authorized to perform: {action} on resource: \
             arn:aws:sts::123456789012:self because no identity-based policy allows the {action} \
             action"
        )
    };
    let ci = format!("{user}/ci");
    let own = json!({
        "aws_account": "123456789012", "source_region": "us-east-1", "principal_id": ci,
        "principal_tags": {"team": "platform"}, "request_tags": {"job": "7"},
    });
    let session = "arn:aws:sts::123456789012:assumed-role/deploy/s1";
    json!({
        "disabled": disabled,
        "info": true,
        "again": "FeatureEnabled: Outbound identity federation is already enabled for account \
                  123456789012",
        "issuer": true,
        "plain": true,
        "keys": ["EC384_0", "RSA_0"],
        "RS256": [ci, 300, own],
        "ES384": [ci, 300, own],
        "organization": [true, true],
        "other audience": "InvalidAudienceError",
        "forged": "InvalidSignatureError",
        "longer than the policy allows": refused("ci", "sts:GetWebIdentityToken"),
        "without tagging": refused("plain", "sts:TagGetWebIdentityToken"),
        "nobody": refused("nobody", "sts:GetWebIdentityToken"),
        "at the other": session,
        "of another user": "AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity",
        "for another audience": "InvalidIdentityToken: Incorrect token audience",
        "at its own": "InvalidIdentityToken: Tokens of GetWebIdentityToken cannot be used for \
                       federation into the same partition",
        "its rights": format!(
            "AccessDeniedException: User: {session} is not authorized to perform: \
             ecs:ListClusters on resource: * because no identity-based policy allows the \
             ecs:ListClusters action"
        ),
        "recorded": [true, false],
        "disabled again": disabled,
        "issued before": ci,
    })
}

#[test]
fn tokens_are_verified_by_others_and_taken_by_another_server() {
    let mut proxy = Proxy::start();
    let url = format!("https://localhost:{}", proxy.port);
    let mut node = Node::with_args(&["--no-tasks", "--public-url", &url]).unwrap();
    proxy.serve(&node.address);
    let other = Node::start().unwrap();
    let mut command = node.command(python().unwrap());
    command
        .arg(fixture("outbound.py"))
        .arg(other.endpoint())
        .arg(&other.root.access_key_id)
        .arg(&other.root.secret_access_key)
        .env("PYTHONDONTWRITEBYTECODE", "1");
    let said = Said::by(&mut command).unwrap();
    let logs = || format!("{}\n{}\n{}", said.err, node.log(), other.log());
    assert_eq!(said.status, 0, "{}", logs());
    let told = said.json();
    for (name, wanted) in wanted().as_object().unwrap() {
        assert_eq!(&told[name], wanted, "{name}\n{}", logs());
    }
    for log in [node.log(), other.log()] {
        assert!(!log.contains("eyJ"), "a token in a log: {log}");
    }

    // The issuer and its keys stay: over a crash, and while it is disabled.
    node.kill().unwrap();
    node.restart().unwrap();
    let program = "import sys, urllib.request as u; print(u.urlopen(sys.argv[1]).read().decode())";
    let mut command = node.command(python().unwrap());
    let read = Said::by(command.args(["-c", program, told["jwks"].as_str().unwrap()])).unwrap();
    assert_eq!(read.json(), told["published"], "{}", read.err);

    let mut aws = node.command(aws_v1().unwrap());
    let enabled = aws.args(["iam", "enable-outbound-web-identity-federation"]);
    let enabled = Said::by(enabled).unwrap().json();
    let issuer = enabled["IssuerIdentifier"].as_str().unwrap();
    assert!(issuer.starts_with(&format!("{url}/_tokens/")), "{issuer}");
    // Version 1 would fetch an audience that is a URL.
    let mut aws = node.command(aws_v1().unwrap());
    let asked = aws.args([
        "sts",
        "get-web-identity-token",
        "--audience",
        "api",
        "--signing-algorithm",
        "RS256",
    ]);
    let said = Said::by(asked).unwrap();
    let token = said.json()["WebIdentityToken"].clone();
    assert_eq!(
        token.as_str().unwrap_or_default().split('.').count(),
        3,
        "{said:?}"
    );
}
