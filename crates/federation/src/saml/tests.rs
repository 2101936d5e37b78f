//! Responses made and signed by another implementation of canonicalization and signing (Python's
//! `xml.etree` and `openssl dgst`), and what an attacker can make of them.

use super::*;
use crate::certificate::Certificate;

macro_rules! data {
    ($name:literal) => {
        include_str!(concat!("../../tests/data/saml/", $name))
    };
}

fn certificates() -> Vec<Certificate> {
    Metadata::parse(data!("metadata.xml")).unwrap().certificates
}

fn verify(text: &str) -> Result<Assertion, SamlError> {
    Response::new(text).verify(&certificates(), &[])
}

#[test]
fn signed_assertions_and_signed_responses_are_good() {
    for text in [
        data!("assertion-signed.xml"),
        data!("response-signed.xml"),
        data!("both-signed.xml"),
    ] {
        let assertion = verify(text).unwrap();
        assert_eq!(assertion.subject, "alice@example.com");
        assert_eq!(assertion.issuer, "https://idp.example.com/metadata");
        assert_eq!(
            assertion.audiences,
            [["https://signin.aws.amazon.com/saml"]]
        );
        let tag = "https://aws.amazon.com/SAML/Attributes/Note";
        assert_eq!(assertion.attribute(tag), ["core & more"]);
        assert_eq!(
            assertion.session_until.as_deref(),
            Some("2026-11-22T08:00:00Z")
        );
    }
}

#[test]
fn other_signatures_and_none_are_refused() {
    assert_eq!(
        verify(data!("unsigned.xml")),
        Err(SamlError::Signature("there is none"))
    );
    assert_eq!(
        verify(data!("other-key.xml")),
        Err(SamlError::Signature(
            "no certificate of the provider made it"
        ))
    );
    assert!(matches!(
        verify(data!("denied.xml")),
        Err(SamlError::Status(_))
    ));
    // Each of these is signed over something else than what stands there.
    for text in [data!("assertion-signed.xml"), data!("response-signed.xml")] {
        for (from, to) in [
            ("alice@example.com", "admin@example.com"),
            ("role/app,", "role/admin,"),
            (
                "NotOnOrAfter=\"2026-11-22T00:04:30Z\"",
                "NotOnOrAfter=\"2036-11-22T00:04:30Z\"",
            ),
            ("xmlenc#sha256", "xmlenc#sha512"),
            ("xmldsig-more#rsa-sha256", "xmldsig-more#rsa-sha512"),
            (
                "2000/09/xmldsig#enveloped-signature",
                "TR/1999/REC-xpath-19991116",
            ),
        ] {
            let forged = text.replacen(from, to, 1);
            assert_ne!(forged, text);
            assert!(
                matches!(verify(&forged), Err(SamlError::Signature(_))),
                "{to}"
            );
        }
    }
    let both = data!("both-signed.xml");
    let (head, value) = both.rsplit_once("<ds:SignatureValue>").unwrap();
    let (_, kept) = value.split_at(8);
    let broken = format!("{head}<ds:SignatureValue>AAAAAAAA{kept}");
    assert!(
        verify(&broken).is_err(),
        "a signature that is there must be good"
    );
}

/// A comment inside a name does not cut it: canonicalization drops it, and so does the reading.
#[test]
fn a_comment_does_not_make_another_subject() {
    let assertion = verify(data!("comment.xml")).unwrap();
    assert_eq!(assertion.subject, "alice@example.com.evil.example");
    let added =
        data!("assertion-signed.xml").replace("alice@example.com<", "alice@<!-- -->example.com<");
    assert_eq!(verify(&added).unwrap().subject, "alice@example.com");
}

/// What ends with `end`, and what comes behind.
fn around<'a>(text: &'a str, end: &str) -> (&'a str, &'a str) {
    text.split_at(text.find(end).unwrap() + end.len())
}

/// The signed assertion is moved, and a forged one stands where it is looked for.
#[test]
fn signature_wrapping_finds_nothing() {
    let good = data!("assertion-signed.xml");
    let (before, rest) = good.split_at(good.find("<saml:Assertion").unwrap());
    let (signed, after) = around(rest, "</saml:Assertion>");
    let (_, rest) = signed.split_at(signed.find("<ds:Signature ").unwrap());
    let (signature, _) = around(rest, "</ds:Signature>");
    let bare = signed.replace(signature, "");
    let forged = bare.replace("alice@", "admin@");
    let renamed = forged.replace("ID=\"_a1\"", "ID=\"_evil\"");
    let with_signature = |assertion: &str, signature: &str| {
        assertion.replacen("</saml:Issuer>", &format!("</saml:Issuer>{signature}"), 1)
    };
    let object = |inner: &str| {
        signature.replace(
            "</ds:Signature>",
            &format!("<ds:Object>{inner}</ds:Object></ds:Signature>"),
        )
    };
    for evil in [
        format!("{before}{forged}{signed}{after}"),
        format!("{before}{signed}{forged}{after}"),
        format!("{before}{renamed}{signed}{after}"),
        format!("{before}<samlp:Extensions>{signed}</samlp:Extensions>{renamed}{after}"),
        format!("{before}{}{after}", with_signature(&renamed, signature)),
        format!(
            "{before}{}{after}",
            with_signature(&renamed, &object(&bare))
        ),
        format!("{before}{}{after}", with_signature(&forged, &object(&bare))),
        format!(
            "{before}{}{after}",
            with_signature(&renamed, &object(signed))
        ),
        format!(
            "{before}{}{after}",
            renamed.replace("</saml:Assertion>", &format!("{signed}</saml:Assertion>"))
        ),
        format!("{before}{renamed}{signature}{after}"),
    ] {
        assert!(verify(&evil).is_err(), "{evil}");
    }
}

#[test]
fn documents_that_would_grow_are_refused() {
    let good = data!("assertion-signed.xml");
    let entity = format!("<!DOCTYPE r [<!ENTITY a \"b\">]>{good}");
    assert_eq!(verify(&entity), Err(SamlError::Xml));
    let deep = format!("{}{}", "<a>".repeat(300), "</a>".repeat(300));
    assert!(verify(&deep).is_err());
    let deeper = format!("{}{}", "<a>".repeat(20_000), "</a>".repeat(20_000));
    assert!(verify(&deeper).is_err());
    let many = format!("<a>{}</a>", "<b/>".repeat(60_000));
    assert_eq!(verify(&many), Err(SamlError::Xml));
    assert!(verify("").is_err());
    let nested: String = (0..2_800)
        .map(|n| format!("<a xmlns:n{n}='u{n}'>"))
        .collect();
    let nested = format!("{nested}{}", "</a>".repeat(2_800));
    assert_eq!(verify(&nested), Err(SamlError::Xml));
    let names: String = (0..8_000).map(|n| format!(" a{n}=''")).collect();
    assert_eq!(verify(&format!("<a{names}/>")), Err(SamlError::Xml));
    let inside = format!("{}{}", "<a>".repeat(64), "</a>".repeat(64));
    let nested = good.replacen("</saml:Issuer>", &format!("</saml:Issuer>{inside}"), 1);
    assert_eq!(verify(&nested), Err(SamlError::Xml));
}

/// What is wrong with the signature is found before what is wrong with the signed element: the
/// latter is looked at only if the provider made the former.
#[test]
fn only_the_provider_makes_us_canonicalize() {
    let good = data!("assertion-signed.xml");
    let long = "<x/>".repeat(10_000);
    let grown = good.replacen("</saml:Assertion>", &format!("{long}</saml:Assertion>"), 1);
    let digest = SamlError::Signature("the digest is another");
    assert_eq!(verify(&grown), Err(digest));
    let (head, value) = grown.split_once("<ds:SignatureValue>").unwrap();
    let forged = format!("{head}<ds:SignatureValue>AAAAAAAA{}", value.split_at(8).1);
    let not_made = SamlError::Signature("no certificate of the provider made it");
    assert_eq!(verify(&forged), Err(not_made));
    let many: String = (0..33).map(|n| format!("p{n} ")).collect();
    let listed = good.replacen(
        "<ds:CanonicalizationMethod Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"",
        &format!(
            "<ds:CanonicalizationMethod Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"><e:InclusiveNamespaces xmlns:e=\"http://www.w3.org/2001/10/xml-exc-c14n#\" PrefixList=\"{many}\"/></ds:CanonicalizationMethod><ds:Nothing"
        ),
        1,
    );
    assert_ne!(listed, good);
    let too_many = SamlError::Signature("it includes too many namespaces");
    assert_eq!(verify(&listed), Err(too_many));
}

#[test]
fn metadata_is_of_an_identity_provider_with_a_key() {
    let good = data!("metadata.xml");
    let metadata = Metadata::parse(good).unwrap();
    assert_eq!(metadata.entity_id, "https://idp.example.com/metadata");
    assert_eq!(metadata.certificates.len(), 1);
    for (from, to) in [
        ("IDPSSODescriptor", "SPSSODescriptor"),
        ("entityID=", "entity="),
        ("use=\"signing\"", "use=\"encryption\""),
        ("<ds:X509Certificate>", "<ds:X509Certificate>AAAA"),
    ] {
        assert!(Metadata::parse(&good.replace(from, to)).is_err(), "{to}");
    }
}

/// Whatever single change is made to a signed response: it is refused, or it says the same as
/// before. Changes that canonicalization takes away (blanks between attributes) say the same.
#[test]
fn no_change_of_one_character_says_something_else() {
    for good in [data!("assertion-signed.xml"), data!("response-signed.xml")] {
        let assertion = verify(good).unwrap();
        let bytes = good.as_bytes();
        // A fixed sequence (xorshift), so that a failure can be seen again.
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let mut draw = |below: usize| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            usize::try_from(state % u64::try_from(below).unwrap()).unwrap()
        };
        for _ in 0..3_000 {
            let mut changed = bytes.to_vec();
            let at = draw(bytes.len());
            match draw(3) {
                0 => changed[at] = u8::try_from(32 + draw(95)).unwrap(),
                1 => drop(changed.remove(at)),
                _ => changed.insert(at, b"<>/\"& -x"[draw(8)]),
            }
            let Ok(text) = String::from_utf8(changed) else {
                continue;
            };
            if let Ok(found) = verify(&text) {
                assert_eq!(found, assertion, "{text}");
            }
        }
    }
}

const PRIVATE_KEY: &str = include_str!("../../tests/data/other.key");
const ANOTHER_KEY: &str = include_str!("../../tests/data/rsa.key");

fn open(text: &str, private_keys: &[&str]) -> Result<Assertion, SamlError> {
    Response::new(text).verify(&certificates(), private_keys)
}

/// Encrypted by another implementation (Python's `cryptography`): both lengths and modes of AES,
/// each way of RSA-OAEP, the key inside and beside, signed inside, outside and both.
#[test]
fn encrypted_assertions_are_opened_with_the_key_that_they_are_for() {
    for text in [
        data!("encrypted-aes256-cbc.xml"),
        data!("encrypted-aes256-gcm.xml"),
        data!("encrypted-aes128-gcm.xml"),
        data!("encrypted-aes128-cbc.xml"),
    ] {
        let mut assertion = open(text, &[ANOTHER_KEY, PRIVATE_KEY]).unwrap();
        assert!(assertion.encrypted);
        assertion.encrypted = false;
        assert_eq!(assertion, verify(data!("assertion-signed.xml")).unwrap());
        for keys in [&[][..], &[ANOTHER_KEY], &["no key"]] {
            assert_eq!(open(text, keys), Err(SamlError::Encrypted));
        }
    }
}

#[test]
fn other_ways_to_encrypt_are_refused_and_all_sound_the_same() {
    for text in [
        data!("encrypted-unsigned.xml"),
        data!("encrypted-rsa-1_5.xml"),
        data!("encrypted-aes192.xml"),
        data!("encrypted-entity.xml"),
    ] {
        assert_eq!(open(text, &[PRIVATE_KEY]), Err(SamlError::Encrypted));
    }
    let good = data!("encrypted-aes256-cbc.xml");
    for (from, to) in [
        ("xmlenc#Element", "xmlenc#Content"),
        ("xmlenc#aes256-cbc", "xmlenc#tripledes-cbc"),
        ("xmldsig#sha1\"", "xmldsig#sha256\""),
        (
            "</xenc:EncryptionMethod>",
            "<xenc:OAEPparams>AA==</xenc:OAEPparams></xenc:EncryptionMethod>",
        ),
        ("CipherValue>", "CipherReference>"),
    ] {
        let other = good.replace(from, to);
        assert_ne!(other, good, "{from}");
        assert_eq!(open(&other, &[PRIVATE_KEY]), Err(SamlError::Encrypted));
    }
    // Beside a plain one, twice, or with a key of each kind: there is nothing to choose.
    let (head, rest) = good.split_at(good.find("<saml:EncryptedAssertion").unwrap());
    let (encrypted, tail) = around(rest, "</saml:EncryptedAssertion>");
    let plain = data!("assertion-signed.xml");
    let (_, rest) = plain.split_at(plain.find("<saml:Assertion").unwrap());
    let (signed, _) = around(rest, "</saml:Assertion>");
    for evil in [
        format!("{head}{encrypted}{encrypted}{tail}"),
        format!("{head}{signed}{encrypted}{tail}"),
        format!("{head}<samlp:Extensions>{signed}</samlp:Extensions>{encrypted}{tail}"),
        format!("{head}<samlp:Extensions>{encrypted}</samlp:Extensions>{tail}"),
    ] {
        assert!(matches!(
            open(&evil, &[PRIVATE_KEY]),
            Err(SamlError::Element("Assertion" | "EncryptedAssertion"))
        ));
    }
    let (_, key) = encrypted.split_at(encrypted.find("<xenc:EncryptedKey").unwrap());
    let (key, _) = around(key, "</xenc:EncryptedKey>");
    let doubled = good.replace(
        "</xenc:EncryptedData>",
        &format!("</xenc:EncryptedData>{key}"),
    );
    assert_eq!(open(&doubled, &[PRIVATE_KEY]), Err(SamlError::Encrypted));
}

/// Whatever is changed in ciphertext that nobody signed: one answer, which is no word about what it
/// opens to. And where the response is signed, nothing is opened before that signature is good.
#[test]
fn altered_ciphertext_tells_nothing() {
    let good = data!("encrypted-aes256-cbc.xml");
    let values: Vec<usize> = good
        .match_indices("<xenc:CipherValue>")
        .map(|(at, _)| at + "<xenc:CipherValue>".len())
        .collect();
    for value in values {
        let end = value + good.split_at(value).1.find('<').unwrap();
        for at in (value..end - 4).step_by(37) {
            let mut changed = good.as_bytes().to_vec();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            assert_eq!(open(&changed, &[PRIVATE_KEY]), Err(SamlError::Encrypted));
        }
    }
    let signed = data!("encrypted-aes128-cbc.xml");
    let at = signed.rfind("<xenc:CipherValue>").unwrap() + 40;
    let mut changed = signed.as_bytes().to_vec();
    changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
    assert_eq!(
        open(std::str::from_utf8(&changed).unwrap(), &[PRIVATE_KEY]),
        Err(SamlError::Signature("the digest is another"))
    );
}

#[test]
fn keys_for_encryption_are_rsa() {
    for text in [PRIVATE_KEY, include_str!("../../tests/data/rsa1.key")] {
        let key = DecryptionKey::from_pem(text).unwrap();
        assert_eq!(format!("{key:?}"), "DecryptionKey(***)");
    }
    for text in [
        include_str!("../../tests/data/ec8.key"),
        include_str!("../../tests/data/rsa.pem"),
        "",
    ] {
        assert!(DecryptionKey::from_pem(text).is_err());
    }
}
