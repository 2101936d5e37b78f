//! A client made of nothing but a socket, for requests that no well-behaved client would send:
//! unsigned, changed after signing, signed at another time, replayed.
//!
//! Well-formed calls are made with `rolecall-client`.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rolecall_sigv4::{
    AmzTime, BodyHash, Credentials, RequestView, SigningScope, presign, sha256, sign,
};

/// A request, in pieces that a test may change before and after signing.
#[derive(Clone, Debug)]
pub struct RawRequest {
    /// `POST`.
    pub method: String,
    /// `/`, as it goes on the wire.
    pub path: String,
    /// Without `?`, as it goes on the wire.
    pub query: String,
    /// In order; `host` must be among them, `content-length` and `connection` are added.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

/// What came back.
#[derive(Clone, Debug)]
pub struct RawResponse {
    /// The status.
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body, without transfer encoding.
    pub body: String,
}

/// The machine's clock, for signing.
#[must_use]
pub fn now() -> AmzTime {
    let elapsed = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    AmzTime::from_unix_s(i64::try_from(elapsed.as_secs()).unwrap_or(i64::MAX))
}

impl RawRequest {
    /// An awsQuery call (IAM, STS): `Action`, `Version` and the parameters as a form. `address`
    /// is `127.0.0.1:4566`.
    #[must_use]
    pub fn query(address: &str, action: &str, version: &str, form: &[(&str, &str)]) -> Self {
        let mut body = format!("Action={action}&Version={version}");
        for (key, value) in form {
            body.push_str(&format!("&{}={}", encode(key), encode(value)));
        }
        Self::post(
            address,
            "application/x-www-form-urlencoded; charset=utf-8",
            body,
        )
    }

    /// An awsJson1.1 call (ECS, ECR, Logs): `target` is the prefix and the operation,
    /// `AmazonEC2ContainerServiceV20141113.ListClusters`.
    #[must_use]
    pub fn json(address: &str, target: &str, body: &str) -> Self {
        let mut request = Self::post(address, "application/x-amz-json-1.1", body.to_owned());
        request.set("x-amz-target", target);
        request
    }

    fn post(address: &str, content_type: &str, body: String) -> Self {
        Self {
            method: "POST".to_owned(),
            path: "/".to_owned(),
            query: String::new(),
            headers: vec![
                ("host".to_owned(), address.to_owned()),
                ("content-type".to_owned(), content_type.to_owned()),
            ],
            body: body.into_bytes(),
        }
    }

    /// Sets a header, in place if it is there.
    pub fn set(&mut self, name: &str, value: &str) {
        match self.headers.iter_mut().find(|(n, _)| n == name) {
            Some((_, old)) => value.clone_into(old),
            None => self.headers.push((name.to_owned(), value.to_owned())),
        }
    }

    /// Signs in the header form; a signature that is there is replaced.
    ///
    /// # Errors
    /// When the path or the query can't be canonicalised.
    pub fn signed(
        mut self,
        credentials: &Credentials<'_>,
        region: &str,
        service: &str,
        time: AmzTime,
    ) -> io::Result<Self> {
        const ADDED: [&str; 4] = [
            "authorization",
            "x-amz-content-sha256",
            "x-amz-date",
            "x-amz-security-token",
        ];
        self.headers
            .retain(|(name, _)| !ADDED.contains(&name.as_str()));
        let scope = SigningScope {
            region,
            service,
            time,
        };
        let added = self
            .view(|view| sign(view, credentials, &scope))
            .map_err(io::Error::other)?;
        for (name, value) in added {
            self.set(name, &value);
        }
        Ok(self)
    }

    /// Signs in the query form.
    ///
    /// # Errors
    /// When the path or the query can't be canonicalised.
    pub fn presigned(
        mut self,
        credentials: &Credentials<'_>,
        (region, service): (&str, &str),
        time: AmzTime,
        expires_s: u32,
    ) -> io::Result<Self> {
        let scope = SigningScope {
            region,
            service,
            time,
        };
        self.query = self
            .view(|view| presign(view, credentials, &scope, expires_s))
            .map_err(io::Error::other)?;
        Ok(self)
    }

    fn view<R>(&self, run: impl FnOnce(&RequestView<'_>) -> R) -> R {
        let headers: Vec<(&str, &[u8])> = self
            .headers
            .iter()
            .map(|(n, v)| (n.as_str(), v.as_bytes()))
            .collect();
        run(&RequestView {
            method: &self.method,
            path: &self.path,
            query: &self.query,
            headers: &headers,
            body: BodyHash::Sha256(sha256(&self.body)),
        })
    }

    /// Sends it to `address` over a connection of its own.
    ///
    /// # Errors
    /// When the server can't be reached, or answers with something that is not HTTP/1.1, or not
    /// within thirty seconds.
    pub fn send(&self, address: &str) -> io::Result<RawResponse> {
        let mut stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        let mark = if self.query.is_empty() { "" } else { "?" };
        let mut head = format!(
            "{} {}{mark}{} HTTP/1.1\r\n",
            self.method, self.path, self.query
        );
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        let length = self.body.len();
        head.push_str(&format!(
            "content-length: {length}\r\nconnection: close\r\n\r\n"
        ));
        stream.write_all(head.as_bytes())?;
        stream.write_all(&self.body)?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        read_response(&answer).ok_or_else(|| {
            let text = String::from_utf8_lossy(&answer).into_owned();
            io::Error::new(io::ErrorKind::InvalidData, text)
        })
    }
}

impl RawResponse {
    /// The code of an error: `__type` without its namespace, or `<Code>`.
    #[must_use]
    pub fn error_code(&self) -> Option<String> {
        if let Some((_, rest)) = self.body.split_once("<Code>") {
            return rest.split_once("</Code>").map(|(code, _)| code.to_owned());
        }
        let value: serde_json::Value = serde_json::from_str(&self.body).ok()?;
        let code = value.get("__type")?.as_str()?;
        Some(code.rsplit('#').next().unwrap_or(code).to_owned())
    }

    /// One of the headers, by its lower-case name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(n, _)| n == name)
            .map(|(_, value)| value.as_str())
    }
}

fn read_response(answer: &[u8]) -> Option<RawResponse> {
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n")?;
    let (head, rest) = answer.split_at_checked(end)?;
    let mut lines = str::from_utf8(head).ok()?.split("\r\n");
    let status = lines
        .next()?
        .strip_prefix("HTTP/1.1 ")?
        .get(..3)?
        .parse()
        .ok()?;
    let headers: Vec<(String, String)> = lines
        .map(|line| {
            let (name, value) = line.split_once(':')?;
            Some((name.to_ascii_lowercase(), value.trim().to_owned()))
        })
        .collect::<Option<_>>()?;
    let body = rest.get(4..)?;
    let chunked = headers
        .iter()
        .any(|(n, v)| n == "transfer-encoding" && v == "chunked");
    let body = if chunked {
        unchunk(body)?
    } else {
        body.to_vec()
    };
    Some(RawResponse {
        status,
        headers,
        body: String::from_utf8(body).ok()?,
    })
}

fn unchunk(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let end = rest.windows(2).position(|window| window == b"\r\n")?;
        let size = str::from_utf8(rest.get(..end)?).ok()?;
        let size = usize::from_str_radix(size.split(';').next()?.trim(), 16).ok()?;
        let chunk = rest.get(end + 2..)?;
        if size == 0 {
            return Some(body);
        }
        body.extend_from_slice(chunk.get(..size)?);
        rest = chunk.get(size..)?.strip_prefix(b"\r\n")?;
    }
}

/// Form encoding: everything but unreserved characters as `%XX`.
fn encode(text: &str) -> String {
    let mut out = String::new();
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
    use rolecall_sigv4::{Policy, SigningKey, parse, verify};
    use std::net::TcpListener;

    const KEY: Credentials<'_> = Credentials {
        access_key_id: "AKIDEXAMPLE",
        secret_access_key: "secret",
        session_token: None,
    };

    fn verifies(request: &RawRequest) -> bool {
        request.view(|view| {
            let Ok(parsed) = parse(view) else {
                return false;
            };
            let key = SigningKey::derive("secret", &parsed.date, &parsed.region, &parsed.service);
            verify(&parsed, &key, view, now(), &Policy::default()).is_ok()
        })
    }

    #[test]
    fn signed_requests_verify_until_they_are_changed() {
        let plain = RawRequest::query("h:1", "GetUser", "2010-05-08", &[("UserName", "a b")]);
        assert!(plain.body.ends_with(b"&UserName=a%20b"));
        assert!(!verifies(&plain));
        let mut signed = plain
            .clone()
            .signed(&KEY, "us-east-1", "iam", now())
            .unwrap();
        assert!(verifies(&signed));
        assert!(verifies(
            &signed
                .clone()
                .signed(&KEY, "us-east-1", "iam", now())
                .unwrap()
        ));
        signed.body.push(b' ');
        assert!(!verifies(&signed));
        let mut link = plain
            .presigned(&KEY, ("us-east-1", "iam"), now(), 60)
            .unwrap();
        assert!(verifies(&link));
        link.set("host", "h:2");
        assert!(!verifies(&link));
    }

    #[test]
    fn answers_are_read_in_both_encodings() {
        for answer in [
            "HTTP/1.1 403 Forbidden\r\nContent-Length: 18\r\n\r\n<Code>Denied</Code>",
            "HTTP/1.1 403 x\r\nTransfer-Encoding: chunked\r\n\r\n6\r\n<Code>\r\nd\r\nDenied</Code>\r\n0\r\n\r\n",
        ] {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let address = listener.local_addr().unwrap().to_string();
            let server = std::thread::spawn(move || {
                let (mut stream, _) = listener.accept().unwrap();
                let mut seen = Vec::new();
                while !seen.ends_with(b"{}") {
                    let mut buffer = [0; 1024];
                    let length = stream.read(&mut buffer).unwrap();
                    seen.extend_from_slice(&buffer[..length]);
                }
                stream.write_all(answer.as_bytes()).unwrap();
                String::from_utf8(seen).unwrap()
            });
            let request = RawRequest::json(&address, "T.Op", "{}");
            let response = request.send(&address).unwrap();
            assert_eq!(
                (response.status, response.error_code().as_deref()),
                (403, Some("Denied"))
            );
            let seen = server.join().unwrap();
            assert!(
                seen.starts_with("POST / HTTP/1.1\r\nhost: 127.0.0.1:"),
                "{seen}"
            );
        }
        let body = r#"{"__type":"com.amazon.coral#AccessDeniedException"}"#.to_owned();
        let json = RawResponse {
            status: 400,
            headers: Vec::new(),
            body,
        };
        assert_eq!(json.error_code().as_deref(), Some("AccessDeniedException"));
    }
}
