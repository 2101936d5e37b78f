//! Keys and certificates in every form in which people have them.

use super::*;

const RSA_PEM: &str = include_str!("../../tests/data/rsa.pem");
const RSA_KEY: &str = include_str!("../../tests/data/rsa.key");
const RSA_KEY_1: &str = include_str!("../../tests/data/rsa1.key");
const OTHER_KEY: &str = include_str!("../../tests/data/other.key");
const EC_PEM: &str = include_str!("../../tests/data/ec.pem");
const EC_KEY: &str = include_str!("../../tests/data/ec.key");
const EC_KEY_8: &str = include_str!("../../tests/data/ec8.key");

#[test]
fn keys_belong_to_their_certificates_in_every_form() {
    let rsa = Certificate::from_pem(RSA_PEM).unwrap();
    let ec = Certificate::from_pem(EC_PEM).unwrap();
    for (key, of_rsa, of_ec) in [
        (RSA_KEY, true, false),
        (RSA_KEY_1, true, false),
        (OTHER_KEY, false, false),
        (EC_KEY, false, true),
        (EC_KEY_8, false, true),
    ] {
        let key = PrivateKey::from_pem(key).unwrap();
        assert_eq!((key.belongs_to(&rsa), key.belongs_to(&ec)), (of_rsa, of_ec));
    }
    assert!(rsa.not_before_s < rsa.not_after_s);
    assert!(rsa.is_issued_by(&rsa) && !rsa.is_issued_by(&ec));
    assert_eq!(rsa.thumbprint().len(), 40);
}

#[test]
fn a_chain_is_read_whole_and_other_texts_are_refused() {
    let both = format!("{RSA_PEM}\nbetween\n{EC_PEM}");
    assert_eq!(Certificate::chain_from_pem(&both).unwrap().len(), 2);
    assert_eq!(Certificate::from_pem("x"), Err(CertificateError::Pem));
    assert_eq!(Certificate::from_pem(RSA_KEY), Err(CertificateError::Pem));
    assert_eq!(PrivateKey::from_pem(RSA_PEM), Err(CertificateError::Pem));
    let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----";
    assert_eq!(Certificate::from_pem(broken), Err(CertificateError::Der));
    let locked = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----";
    assert_eq!(
        PrivateKey::from_pem(locked),
        Err(CertificateError::Encrypted)
    );
}
