//! What one verification costs: `cargo run --release -p rolecall-sigv4 --example bench`.
#![expect(clippy::print_stdout, reason = "it prints its table")]
#![expect(clippy::disallowed_methods, reason = "it measures time")]

use std::hint::black_box;
use std::time::Instant;

use rolecall_sigv4::{
    AmzTime, AuthError, BodyHash, Credentials, Policy, RequestView, SigningKey, SigningScope,
    parse, sha256, sign, verify,
};

const ROUNDS: u32 = 20_000;

/// The best of nine rounds, in nanoseconds.
fn best(mut run: impl FnMut()) -> u128 {
    (0..9)
        .map(|_| {
            let start = Instant::now();
            for _ in 0..ROUNDS {
                run();
            }
            start.elapsed().as_nanos() / u128::from(ROUNDS)
        })
        .min()
        .unwrap_or(0)
}

fn main() -> Result<(), AuthError> {
    let body = vec![b'x'; 512];
    let now = AmzTime::from_unix_s(1_772_359_872);
    let secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
    let plain: [(&str, &[u8]); 5] = [
        ("host", b"127.0.0.1:4566"),
        ("content-type", b"application/x-amz-json-1.1"),
        (
            "x-amz-target",
            b"AmazonEC2ContainerServiceV20141113.RegisterTaskDefinition",
        ),
        ("accept-encoding", b"gzip"),
        ("user-agent", b"aws-cli/2.15 Python/3.11 Linux/6.1"),
    ];
    let unsigned = RequestView {
        method: "POST",
        path: "/",
        query: "",
        headers: &plain,
        body: BodyHash::Sha256(sha256(&body)),
    };
    let credentials = Credentials {
        access_key_id: "AKIDEXAMPLE",
        secret_access_key: secret,
        session_token: None,
    };
    let scope = SigningScope {
        region: "us-east-1",
        service: "ecs",
        time: now,
    };
    let added = sign(&unsigned, &credentials, &scope)?;
    let mut headers = plain.to_vec();
    headers.extend(added.iter().map(|(name, value)| (*name, value.as_bytes())));
    let req = RequestView {
        headers: &headers,
        ..unsigned
    };
    let parsed = parse(&req)?;
    let key = SigningKey::derive(secret, &parsed.date, &parsed.region, &parsed.service);
    let policy = Policy::default();
    verify(&parsed, &key, &req, now, &policy)?;

    println!(
        "{:>8} ns  parse",
        best(|| drop(black_box(parse(black_box(&req)))))
    );
    let check = || {
        drop(black_box(verify(
            black_box(&parsed),
            &key,
            &req,
            now,
            &policy,
        )))
    };
    println!("{:>8} ns  verify, key cached", best(check));
    let whole = || {
        let hash = sha256(black_box(&body));
        let req = RequestView {
            body: BodyHash::Sha256(hash),
            ..req
        };
        if let Ok(parsed) = parse(&req) {
            drop(black_box(verify(&parsed, &key, &req, now, &policy)));
        }
    };
    println!(
        "{:>8} ns  hash of a 512-byte body, parse and verify",
        best(whole)
    );
    let derive = || {
        black_box(SigningKey::derive(
            black_box(secret),
            "20260301",
            "us-east-1",
            "ecs",
        ));
    };
    println!("{:>8} ns  derive the signing key", best(derive));
    Ok(())
}
