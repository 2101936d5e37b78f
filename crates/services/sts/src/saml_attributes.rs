//! Attributes of directories that are condition keys.
//!
//! Source: IAM User Guide, "Configure SAML assertions for the authentication response", "Mapping
//! SAML attributes to AWS trust policy context keys"; the object classes eduPerson and eduOrg.

use rolecall_federation::saml::Assertion;
use rolecall_identity::ProviderKey;

/// The names of attributes and of the keys that they fill.
const ATTRIBUTES: &[(&str, &str)] = &[
    ("urn:oid:1.3.6.1.4.1.5923.1.1.1.1", "edupersonaffiliation"),
    ("urn:oid:1.3.6.1.4.1.5923.1.1.1.2", "edupersonnickname"),
    ("urn:oid:1.3.6.1.4.1.5923.1.1.1.3", "edupersonorgdn"),
    ("urn:oid:1.3.6.1.4.1.5923.1.1.1.4", "edupersonorgunitdn"),
    (
        "urn:oid:1.3.6.1.4.1.5923.1.1.1.5",
        "edupersonprimaryaffiliation",
    ),
    ("urn:oid:1.3.6.1.4.1.5923.1.1.1.6", "edupersonprincipalname"),
    ("urn:oid:1.3.6.1.4.1.5923.1.1.1.7", "edupersonentitlement"),
    (
        "urn:oid:1.3.6.1.4.1.5923.1.1.1.8",
        "edupersonprimaryorgunitdn",
    ),
    (
        "urn:oid:1.3.6.1.4.1.5923.1.1.1.9",
        "edupersonscopedaffiliation",
    ),
    ("urn:oid:1.3.6.1.4.1.5923.1.1.1.10", "edupersontargetedid"),
    ("urn:oid:1.3.6.1.4.1.5923.1.1.1.11", "edupersonassurance"),
    ("urn:oid:1.3.6.1.4.1.5923.1.2.1.2", "eduorghomepageuri"),
    (
        "urn:oid:1.3.6.1.4.1.5923.1.2.1.3",
        "eduorgidentityauthnpolicyuri",
    ),
    ("urn:oid:1.3.6.1.4.1.5923.1.2.1.4", "eduorglegalname"),
    ("urn:oid:1.3.6.1.4.1.5923.1.2.1.5", "eduorgsuperioruri"),
    ("urn:oid:1.3.6.1.4.1.5923.1.2.1.6", "eduorgwhitepagesuri"),
    ("urn:oid:2.5.4.3", "cn"),
    ("urn:oid:2.5.4.45", "x500uniqueidentifier"),
    ("urn:oid:0.9.2342.19200300.100.1.1", "uid"),
    ("urn:oid:0.9.2342.19200300.100.1.3", "mail"),
    ("urn:oid:0.9.2342.19200300.100.1.45", "organizationstatus"),
];

/// The keys that the attributes of an assertion fill; a key with several values is a list.
pub(crate) fn keys(assertion: &Assertion) -> Vec<ProviderKey> {
    let filled = ATTRIBUTES.iter().filter_map(|(attribute, key)| {
        let values = assertion.attribute(attribute);
        (!values.is_empty()).then(|| ProviderKey {
            name: format!("saml:{key}"),
            many: values.len() > 1,
            values: values.into_iter().map(str::to_owned).collect(),
        })
    });
    filled.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_become_keys_by_their_object_identifiers() {
        let attribute = |name: &str, values: &[&str]| {
            let values = values.iter().map(|value| (*value).to_owned()).collect();
            (name.to_owned(), values)
        };
        let assertion = Assertion {
            attributes: vec![
                attribute("urn:oid:1.3.6.1.4.1.5923.1.1.1.1", &["staff", "member"]),
                attribute("urn:oid:2.5.4.3", &["Alice"]),
                attribute("urn:oid:9.9.9", &["x"]),
            ],
            ..Assertion::default()
        };
        let keys = keys(&assertion);
        let shown: Vec<_> = keys.iter().map(|k| (k.name.as_str(), k.many)).collect();
        assert_eq!(
            shown,
            [("saml:edupersonaffiliation", true), ("saml:cn", false)]
        );
    }
}
