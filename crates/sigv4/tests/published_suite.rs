//! AWS's published Signature Version 4 test suite, both ways: the signer must make each
//! `.authz`, the verifier must accept it.
//!
//! The vectors are not part of this repository. `ROLECALL_BOTOCORE_TESTS` names the folder
//! `tests/unit` of an unpacked botocore source distribution, or `tests/unit/protocols` in it, as
//! `cargo xtask fetch-models` prints; the vectors are under `auth/aws4_testsuite`. Without it the
//! test says that it did nothing.
#![expect(
    clippy::disallowed_methods,
    reason = "a test reads its vectors from files"
)]
#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of a test")]

use std::path::{Path, PathBuf};

use rolecall_sigv4::{
    AmzTime, BodyHash, Credentials, Policy, RequestView, SigningKey, SigningScope, parse, sha256,
    sign, verify,
};

const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const KEY_ID: &str = "AKIDEXAMPLE";

struct Vector {
    method: String,
    path: String,
    query: String,
    headers: Vec<(String, Vec<u8>)>,
    body: Vec<u8>,
}

impl Vector {
    /// Reads a raw request; a header line that starts with a blank continues the one before.
    fn read(text: &str) -> Self {
        let (head, body) = text.split_once("\n\n").unwrap_or((text, ""));
        let mut lines = head.lines();
        let request_line = lines.next().unwrap();
        let (method, rest) = request_line.split_once(' ').unwrap();
        let target = rest.strip_suffix(" HTTP/1.1").unwrap();
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let mut headers: Vec<(String, Vec<u8>)> = Vec::new();
        for line in lines {
            if line.starts_with(' ') {
                let last = headers.last_mut().unwrap();
                last.1.push(b' ');
                last.1.extend_from_slice(line.as_bytes());
            } else {
                let (name, value) = line.split_once(':').unwrap();
                headers.push((name.to_owned(), value.as_bytes().to_vec()));
            }
        }
        Self {
            method: method.to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            headers,
            body: body.as_bytes().to_vec(),
        }
    }

    fn with<R>(&self, run: impl FnOnce(&RequestView<'_>) -> R) -> R {
        let headers: Vec<(&str, &[u8])> = self
            .headers
            .iter()
            .map(|(n, v)| (n.as_str(), v.as_slice()))
            .collect();
        run(&RequestView {
            method: &self.method,
            path: &self.path,
            query: &self.query,
            headers: &headers,
            body: BodyHash::Sha256(sha256(&self.body)),
        })
    }
}

fn folders(root: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(root).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            folders(&path, found);
        } else if path.extension().is_some_and(|e| e == "req") {
            found.push(path);
        }
    }
}

fn text(path: &Path, extension: &str) -> String {
    std::fs::read_to_string(path.with_extension(extension)).unwrap()
}

#[test]
fn every_vector_both_ways() {
    let Ok(root) = std::env::var("ROLECALL_BOTOCORE_TESTS") else {
        println!("SKIPPED: ROLECALL_BOTOCORE_TESTS is not set, no vector was checked");
        return;
    };
    let mut found = Vec::new();
    let root = Path::new(&root);
    let suite = [root, root.parent().unwrap_or(root)]
        .map(|dir| dir.join("auth/aws4_testsuite"))
        .into_iter()
        .find(|dir| dir.exists())
        .unwrap_or_else(|| panic!("no auth/aws4_testsuite in or beside {}", root.display()));
    folders(&suite, &mut found);
    assert!(
        found.len() >= 34,
        "only {} vectors in {}",
        found.len(),
        suite.display()
    );
    let time = AmzTime::parse_basic("20150830T123600Z").unwrap();
    let key = SigningKey::derive(SECRET, "20150830", "us-east-1", "service");
    for path in &found {
        let authz = text(path, "authz");
        verifies(path, authz.trim(), &key, time);
        signs(path, authz.trim(), time);
    }
    println!("{} vectors signed and verified", found.len());
}

/// `.sreq` is the signed request; its signature is taken from `.authz`, because one vector
/// (get-vanilla-with-session-token) has a placeholder in its `.sreq`.
fn verifies(path: &Path, authz: &str, key: &SigningKey, time: AmzTime) {
    let mut vector = Vector::read(&text(path, "sreq"));
    for (name, value) in &mut vector.headers {
        if name.eq_ignore_ascii_case("authorization") {
            *value = authz.as_bytes().to_vec();
        }
    }
    vector.with(|req| {
        let parsed = parse(req).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        assert_eq!(parsed.access_key_id, KEY_ID);
        parsed
            .check(time, &Policy::default(), Some("service"))
            .unwrap();
        verify(&parsed, key, req, time, &Policy::default())
            .unwrap_or_else(|e| panic!("{}: {e:#?}", path.display()));
    });
}

/// `.req` is the request before; it holds the date already, which the signer adds itself. A
/// signed session token stands in `.req` or only in `.sreq`.
fn signs(path: &Path, authz: &str, time: AmzTime) {
    let mut vector = Vector::read(&text(path, "req"));
    vector
        .headers
        .retain(|(name, _)| !name.to_ascii_lowercase().starts_with("x-amz-"));
    let token = Vector::read(&text(path, "sreq"))
        .headers
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("x-amz-security-token"))
        .filter(|_| authz.contains("x-amz-security-token"))
        .map(|(_, value)| String::from_utf8(value.clone()).unwrap());
    vector.with(|req| {
        let credentials = Credentials {
            access_key_id: KEY_ID,
            secret_access_key: SECRET,
            session_token: token.as_deref(),
        };
        let scope = SigningScope {
            region: "us-east-1",
            service: "service",
            time,
        };
        let added = sign(req, &credentials, &scope).unwrap();
        let ours = &added
            .iter()
            .find(|(name, _)| *name == "authorization")
            .unwrap()
            .1;
        assert_eq!(ours, authz, "{}", path.display());
    });
}
