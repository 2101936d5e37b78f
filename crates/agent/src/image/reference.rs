//! Image references: `[HOST/]NAME[:TAG][@DIGEST]`.
//!
//! Source: the reference grammar of the distribution project, "reference.go"; what has no host is
//! Docker Hub's.

use std::fmt;

/// What an image reference names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reference {
    /// `host[:port]`.
    pub(crate) host: String,
    /// The repository in that registry.
    pub(crate) repository: String,
    /// A tag, or `sha256:…`.
    pub(crate) version: String,
}

const DOCKER_HUB: &str = "docker.io";

impl Reference {
    /// Reads a reference; none if it is malformed.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (name, digest) = match text.split_once('@') {
            Some((name, digest)) => (name, Some(digest)),
            None => (text, None),
        };
        if digest.is_some_and(|d| !is_digest(d)) {
            return None;
        }
        let is_host = |h: &str| h.contains(['.', ':']) || h == "localhost";
        let (host, path) = match name.split_once('/') {
            Some((host, path)) if is_host(host) => (host, path),
            _ => (DOCKER_HUB, name),
        };
        let (path, tag) = match path.rsplit_once(':') {
            Some((path, tag)) => (path, Some(tag)),
            None => (path, None),
        };
        if tag.is_some_and(|t| !is_tag(t)) || !is_path(path) || !is_authority(host) {
            return None;
        }
        let repository = match (host, path.contains('/')) {
            (DOCKER_HUB, false) => format!("library/{path}"),
            _ => path.to_owned(),
        };
        Some(Self {
            host: host.to_owned(),
            repository,
            version: digest.or(tag).unwrap_or("latest").to_owned(),
        })
    }

    /// The registry's address. On loopback it is plain HTTP, as Docker has it.
    pub(crate) fn base(&self) -> String {
        let name = self.host.split(':').next().unwrap_or_default();
        let loopback = name == "localhost" || name.starts_with("127.");
        match (self.host.as_str(), loopback) {
            (DOCKER_HUB, _) => "https://registry-1.docker.io".to_owned(),
            (host, true) => format!("http://{host}"),
            (host, false) => format!("https://{host}"),
        }
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let separator = if self.version.contains(':') { '@' } else { ':' };
        write!(
            f,
            "{}/{}{separator}{}",
            self.host, self.repository, self.version
        )
    }
}

fn is_digest(text: &str) -> bool {
    let hex = text.strip_prefix("sha256:").unwrap_or_default();
    hex.len() == 64 && hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

fn is_tag(text: &str) -> bool {
    let good = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-');
    (1..=128).contains(&text.len()) && text.bytes().all(good) && !text.starts_with(['.', '-'])
}

fn is_path(text: &str) -> bool {
    let good =
        |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'.' | b'-');
    let part = |p: &str| {
        !p.is_empty() && p.bytes().all(good) && !p.starts_with(['.', '-']) && !p.contains("..")
    };
    text.len() <= 255 && text.split('/').all(part)
}

fn is_authority(text: &str) -> bool {
    let good = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b':');
    !text.is_empty() && text.bytes().all(good)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_read_as_docker_reads_them() {
        let digest = format!("sha256:{}", "0a".repeat(32));
        let with_digest = format!("localhost:5000/a/b:v1@{digest}");
        let ecr = "123456789012.dkr.ecr.us-east-1.amazonaws.com/team/app:1";
        let cases = [
            (
                "nginx",
                "docker.io",
                "library/nginx",
                "latest",
                "https://registry-1.docker.io",
            ),
            (
                "a/b:1",
                "docker.io",
                "a/b",
                "1",
                "https://registry-1.docker.io",
            ),
            ("quay.io/a/b", "quay.io", "a/b", "latest", "https://quay.io"),
            (
                "127.0.0.1:4566/app:x",
                "127.0.0.1:4566",
                "app",
                "x",
                "http://127.0.0.1:4566",
            ),
            (
                &with_digest,
                "localhost:5000",
                "a/b",
                &digest,
                "http://localhost:5000",
            ),
        ];
        for (text, host, repository, version, base) in cases {
            let r = Reference::parse(text).unwrap();
            let seen = (r.host.as_str(), r.repository.as_str(), r.version.as_str());
            assert_eq!(seen, (host, repository, version), "{text}");
            assert_eq!(r.base(), base, "{text}");
        }
        assert_eq!(Reference::parse(ecr).unwrap().to_string(), ecr);
        for bad in [
            "",
            "A",
            "a/../b",
            "a:",
            "a@sha256:00",
            "a b",
            "h.x/",
            "x/a:b/c",
            "a//b",
        ] {
            assert_eq!(Reference::parse(bad), None, "{bad}");
        }
    }
}
