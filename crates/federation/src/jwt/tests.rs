//! Tokens that are signed here, and what an attacker can make of them.

use ring::rand::SystemRandom;
use ring::rsa::KeyPair as RsaPair;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384,
};
use serde_json::json;

use super::*;

const KEY: &str = include_str!("../../tests/data/rsa.key");

fn der(pem: &str) -> Vec<u8> {
    let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    base64::engine::general_purpose::STANDARD
        .decode(body)
        .unwrap()
}

fn part(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

fn rsa() -> RsaPair {
    RsaPair::from_pkcs8(&der(KEY)).unwrap()
}

fn rsa_set(pair: &RsaPair, kid: &str) -> Value {
    let public: ring::rsa::PublicKeyComponents<Vec<u8>> = pair.public().into();
    json!({"kty": "RSA", "kid": kid, "use": "sig",
        "n": URL_SAFE_NO_PAD.encode(&public.n),
        "e": URL_SAFE_NO_PAD.encode(&public.e)})
}

fn rsa_token(header: &Value, claims: &Value) -> String {
    let pair = rsa();
    let signed = format!("{}.{}", part(header), part(claims));
    let padding: &dyn ring::signature::RsaEncoding = if header["alg"] == "RS384" {
        &RSA_PKCS1_SHA384
    } else {
        &RSA_PKCS1_SHA256
    };
    let mut signature = vec![0; pair.public().modulus_len()];
    pair.sign(
        padding,
        &SystemRandom::new(),
        signed.as_bytes(),
        &mut signature,
    )
    .unwrap();
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

fn keys(list: Value) -> KeySet {
    KeySet::parse(json!({ "keys": list }).to_string().as_bytes()).unwrap()
}

fn claims() -> Value {
    json!({"iss": "https://idp.example.com", "sub": "s", "aud": "a", "iat": 1000, "exp": 2000})
}

#[test]
fn rsa_signatures_are_verified_with_the_key_that_is_named() {
    let set = keys(json!([rsa_set(&rsa(), "k1")]));
    for alg in ["RS256", "RS384"] {
        let token = rsa_token(&json!({"alg": alg, "kid": "k1"}), &claims());
        let parsed = Token::parse(&token).unwrap();
        assert_eq!(parsed.issuer(), Ok("https://idp.example.com"));
        assert_eq!(parsed.verify(&set).unwrap().text("sub"), Some("s"));
    }
    let other_name = rsa_token(&json!({"alg": "RS256", "kid": "k2"}), &claims());
    assert_eq!(
        Token::parse(&other_name).unwrap().verify(&set),
        Err(JwtError::Signature)
    );
    let without_name = rsa_token(&json!({"alg": "RS256"}), &claims());
    assert!(Token::parse(&without_name).unwrap().verify(&set).is_ok());
    let bound = {
        let mut key = rsa_set(&rsa(), "k1");
        key["alg"] = "RS256".into();
        keys(json!([key]))
    };
    let token = rsa_token(&json!({"alg": "RS384", "kid": "k1"}), &claims());
    assert_eq!(
        Token::parse(&token).unwrap().verify(&bound),
        Err(JwtError::Signature)
    );
}

#[test]
fn elliptic_curves_are_verified() {
    let random = SystemRandom::new();
    let pkcs8 = der(include_str!("../../tests/data/ec8.key"));
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &pkcs8, &random).unwrap();
    let point = pair.public_key().as_ref().to_vec();
    let set = keys(json!([{"kty": "EC", "crv": "P-256", "kid": "e",
        "x": URL_SAFE_NO_PAD.encode(&point[1..33]), "y": URL_SAFE_NO_PAD.encode(&point[33..])}]));
    let signed = format!(
        "{}.{}",
        part(&json!({"alg": "ES256", "kid": "e"})),
        part(&claims())
    );
    let signature = pair.sign(&random, signed.as_bytes()).unwrap();
    let token = format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.as_ref()));
    assert!(Token::parse(&token).unwrap().verify(&set).is_ok());
    // The same signature under the name of another algorithm.
    let rsa_only = keys(json!([rsa_set(&rsa(), "e")]));
    assert!(Token::parse(&token).unwrap().verify(&rsa_only).is_err());
}

#[test]
fn what_is_not_signed_by_the_provider_is_nothing() {
    let set = keys(json!([rsa_set(&rsa(), "k1")]));
    let token = rsa_token(&json!({"alg": "RS256", "kid": "k1"}), &claims());
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let (header, _) = signed.split_once('.').unwrap();
    let mut changed = claims();
    changed["sub"] = "somebody else".into();
    let forged = format!("{header}.{}.{signature}", part(&changed));
    assert_eq!(
        Token::parse(&forged).unwrap().verify(&set),
        Err(JwtError::Signature)
    );
    for alg in ["none", "None", "HS256", "PS256", ""] {
        let text = format!("{}.{}.", part(&json!({ "alg": alg })), part(&claims()));
        assert!(
            matches!(Token::parse(&text), Err(JwtError::Algorithm(_))),
            "{alg}"
        );
    }
    let critical = format!(
        "{}.{}.AA",
        part(&json!({"alg": "RS256", "crit": ["x"]})),
        part(&claims())
    );
    assert!(matches!(Token::parse(&critical), Err(JwtError::Malformed)));
    for text in [
        "",
        ".",
        "..",
        "a.b.c",
        "opaque-token",
        &format!("{token}.x"),
    ] {
        assert!(Token::parse(text).is_err(), "{text}");
    }
    assert!(KeySet::parse(b"[]").is_err());
    assert!(keys(json!([{"kty": "oct", "k": "AA"}, {"kty": "RSA", "use": "enc"}, 1])).is_empty());
}

#[test]
fn times_are_held_against_the_clock() {
    let set = keys(json!([rsa_set(&rsa(), "k1")]));
    let check = |claims: Value, now_s| {
        let token = rsa_token(&json!({"alg": "RS256", "kid": "k1"}), &claims);
        Token::parse(&token)
            .unwrap()
            .verify(&set)
            .unwrap()
            .check_times(now_s)
    };
    assert_eq!(check(claims(), 1500), Ok(()));
    assert_eq!(check(claims(), 1999), Ok(()));
    assert_eq!(
        check(claims(), 2000),
        Err(JwtError::Expired { expired_s: 2000 })
    );
    assert_eq!(check(claims(), 700), Ok(()));
    assert_eq!(
        check(claims(), 699),
        Err(JwtError::TooEarly { valid_s: 1000 })
    );
    let mut late = claims();
    late["nbf"] = 1900.into();
    assert_eq!(check(late, 1500), Err(JwtError::TooEarly { valid_s: 1900 }));
    for name in ["exp", "iat"] {
        let mut without = claims();
        without.as_object_mut().unwrap().remove(name);
        assert!(matches!(check(without, 1500), Err(JwtError::Claim(_))));
        let mut text = claims();
        text[name] = "2000".into();
        assert!(matches!(check(text, 1500), Err(JwtError::Claim(_))));
    }
}

/// Signed by another implementation (Python's `cryptography`).
#[test]
fn signatures_on_p_521_are_verified() {
    let key: Value = serde_json::from_str(include_str!("../../tests/data/jwt/es512.jwk")).unwrap();
    let token = include_str!("../../tests/data/jwt/es512.txt");
    let set = keys(json!([key]));
    let verified = Token::parse(token).unwrap().verify(&set).unwrap();
    assert_eq!(verified.text("sub"), Some("s"));
    let (head, _) = token.split_at(token.len() - 4);
    let forged = format!("{head}AAAA");
    assert_eq!(
        Token::parse(&forged).unwrap().verify(&set),
        Err(JwtError::Signature)
    );
    // The same key under another algorithm, and a point that is too short.
    let mut bound = key.clone();
    bound["alg"] = "ES384".into();
    let bound = keys(json!([bound]));
    assert!(Token::parse(token).unwrap().verify(&bound).is_err());
    let mut short = key;
    short["x"] = "AA".into();
    assert!(keys(json!([short])).is_empty());
}
