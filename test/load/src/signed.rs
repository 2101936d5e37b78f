//! Requests as bytes, signed before the clock starts: what signing costs is the client's.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use rolecall_sigv4::{AmzTime, BodyHash, Credentials, RequestView, SigningScope, sha256, sign};

/// A server, and the key to call it with.
#[derive(Clone)]
pub(crate) struct Target {
    /// `127.0.0.1:4566`.
    pub(crate) address: String,
    pub(crate) region: String,
    pub(crate) access_key_id: String,
    pub(crate) secret_access_key: String,
}

/// A call before it is signed.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    /// The signing name of the service.
    pub(crate) service: &'static str,
    pub(crate) content_type: &'static str,
    /// `X-Amz-Target` of the JSON protocols.
    pub(crate) target: Option<String>,
    pub(crate) body: String,
}

impl Call {
    /// A call of an awsQuery service: IAM, STS.
    pub(crate) fn query(service: &'static str, action: &str, form: &[(&str, &str)]) -> Self {
        let version = if service == "sts" {
            "2011-06-15"
        } else {
            "2010-05-08"
        };
        let mut body = format!("Action={action}&Version={version}");
        for (name, value) in form {
            body.push_str(&format!("&{name}={}", form_encoded(value)));
        }
        Self {
            service,
            content_type: "application/x-www-form-urlencoded; charset=utf-8",
            target: None,
            body,
        }
    }

    /// A call of ECS.
    pub(crate) fn ecs(action: &str, body: String) -> Self {
        Self {
            service: "ecs",
            content_type: "application/x-amz-json-1.1",
            target: Some(format!("AmazonEC2ContainerServiceV20141113.{action}")),
            body,
        }
    }

    /// The request's bytes, signed now. The signature holds for some minutes.
    pub(crate) fn sign(&self, target: &Target) -> Result<Vec<u8>> {
        let mut headers: Vec<(&str, &[u8])> = vec![
            ("host", target.address.as_bytes()),
            ("content-type", self.content_type.as_bytes()),
            ("user-agent", b"rolecall-load"),
        ];
        if let Some(name) = &self.target {
            headers.push(("x-amz-target", name.as_bytes()));
        }
        let view = RequestView {
            method: "POST",
            path: "/",
            query: "",
            headers: &headers,
            body: BodyHash::Sha256(sha256(self.body.as_bytes())),
        };
        let credentials = Credentials {
            access_key_id: &target.access_key_id,
            secret_access_key: &target.secret_access_key,
            session_token: None,
        };
        let scope = SigningScope {
            region: &target.region,
            service: self.service,
            time: now(),
        };
        let added = sign(&view, &credentials, &scope).context("sign")?;
        let mut bytes = Vec::with_capacity(700 + self.body.len());
        bytes.extend_from_slice(b"POST / HTTP/1.1\r\n");
        let added = added.iter().map(|(name, value)| (*name, value.as_bytes()));
        for (name, value) in headers.iter().copied().chain(added) {
            bytes.extend_from_slice(name.as_bytes());
            bytes.extend_from_slice(b": ");
            bytes.extend_from_slice(value);
            bytes.extend_from_slice(b"\r\n");
        }
        let length = format!("content-length: {}\r\n\r\n", self.body.len());
        bytes.extend_from_slice(length.as_bytes());
        bytes.extend_from_slice(self.body.as_bytes());
        Ok(bytes)
    }
}

fn now() -> AmzTime {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    AmzTime::from_unix_s(i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
}

fn form_encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_whole_and_signed() {
        let target = Target {
            address: "127.0.0.1:1".to_owned(),
            region: "us-east-1".to_owned(),
            access_key_id: "AKID".to_owned(),
            secret_access_key: "secret".to_owned(),
        };
        let call = Call::query("iam", "GetRole", &[("RoleName", "a b")]);
        let text = String::from_utf8(call.sign(&target).unwrap()).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert_eq!(body, "Action=GetRole&Version=2010-05-08&RoleName=a%20b");
        assert!(head.starts_with("POST / HTTP/1.1\r\nhost: 127.0.0.1:1\r\n"));
        assert!(head.contains("\r\nauthorization: AWS4-HMAC-SHA256 Credential=AKID/"));
        assert!(head.ends_with(&format!("content-length: {}", body.len())));
    }
}
