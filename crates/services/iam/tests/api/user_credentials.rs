//! SSH keys, signing certificates, service-specific credentials, server certificates.

use crate::common::{call, refused, world};

const PEM: &str = include_str!("../../../../federation/tests/data/rsa.pem");
const KEY: &str = include_str!("../../../../federation/tests/data/rsa.key");
const OTHER: &str = include_str!("../../../../federation/tests/data/other.pem");
const SSH: &str = include_str!("../../../../federation/tests/data/ssh.pub");

#[tokio::test]
async fn ssh_keys_are_shown_in_both_forms() {
    let w = world();
    let root = w.root();
    call!(w, root, CreateUser, {"UserName": "alice"}).unwrap();
    let made = call!(w, root, UploadSSHPublicKey, {"UserName": "alice", "SSHPublicKeyBody": SSH});
    let made = made.unwrap().ssh_public_key.unwrap();
    let id = made.ssh_public_key_id.unwrap();
    assert!(id.starts_with("APKA") && made.fingerprint.unwrap().len() == 47);
    assert_eq!(
        call!(w, root, UploadSSHPublicKey, {"UserName": "alice", "SSHPublicKeyBody": SSH})
            .unwrap_err()
            .code,
        "DuplicateSSHPublicKey"
    );
    assert_eq!(
        call!(w, root, UploadSSHPublicKey, {"UserName": "alice", "SSHPublicKeyBody": "x"})
            .unwrap_err()
            .code,
        "UnrecognizedPublicKeyEncoding"
    );
    for (encoding, start) in [
        ("SSH", "ssh-rsa AAAA"),
        ("PEM", "-----BEGIN PUBLIC KEY-----\n"),
    ] {
        let found = call!(w, root, GetSSHPublicKey, {
            "UserName": "alice", "SSHPublicKeyId": id, "Encoding": encoding,
        });
        let body = found
            .unwrap()
            .ssh_public_key
            .unwrap()
            .ssh_public_key_body
            .unwrap();
        assert!(body.starts_with(start), "{body}");
    }
    // The key stays with a user that is renamed, and holds it.
    call!(w, root, UpdateUser, {"UserName": "alice", "NewUserName": "anna"}).unwrap();
    call!(w, root, UpdateSSHPublicKey, {
        "UserName": "anna", "SSHPublicKeyId": id, "Status": "Inactive",
    })
    .unwrap();
    let listed = call!(w, root, ListSSHPublicKeys, {"UserName": "anna"}).unwrap();
    let listed = listed.ssh_public_keys.unwrap();
    assert_eq!(listed[0].status.as_deref(), Some("Inactive"));
    assert_eq!(listed[0].user_name.as_deref(), Some("anna"));
    refused!(
        call!(w, root, DeleteUser, {"UserName": "anna"}),
        409,
        "DeleteConflict: Cannot delete entity, must delete SSH public keys first."
    );
    call!(w, root, DeleteSSHPublicKey, {"UserName": "anna", "SSHPublicKeyId": id}).unwrap();
    refused!(
        call!(w, root, DeleteSSHPublicKey, {"UserName": "anna", "SSHPublicKeyId": id}),
        404,
        format!("NoSuchEntity: The Public Key with id {id} cannot be found.")
    );
    call!(w, root, DeleteUser, {"UserName": "anna"}).unwrap();
}

#[tokio::test]
async fn signing_certificates_are_of_users_and_root() {
    let w = world();
    let root = w.root();
    let made = call!(w, root, UploadSigningCertificate, {"CertificateBody": PEM}).unwrap();
    let made = made.certificate.unwrap();
    assert_eq!(
        (made.user_name, made.status.as_deref()),
        (None, Some("Active"))
    );
    assert_eq!(
        call!(w, root, UploadSigningCertificate, {"CertificateBody": PEM})
            .unwrap_err()
            .code,
        "DuplicateCertificate"
    );
    call!(w, root, UploadSigningCertificate, {"CertificateBody": OTHER}).unwrap();
    let third = include_str!("../../../../federation/tests/data/ec.pem");
    refused!(
        call!(w, root, UploadSigningCertificate, {"CertificateBody": third}),
        409,
        "LimitExceeded: Cannot exceed quota for SigningCertificatesPerUser: 2"
    );
    refused!(
        call!(w, root, UploadSigningCertificate, {"CertificateBody": "x"}),
        400,
        "MalformedCertificate: Unable to parse certificate. Please ensure the certificate is in \
         PEM format."
    );
    let id = made.certificate_id.unwrap();
    call!(w, root, UpdateSigningCertificate, {"CertificateId": id, "Status": "Inactive"}).unwrap();
    call!(w, root, DeleteSigningCertificate, {"CertificateId": id}).unwrap();
    let left = call!(w, root, ListSigningCertificates, {}).unwrap();
    assert_eq!(left.certificates.unwrap().len(), 1);
}

#[tokio::test]
async fn service_specific_credentials_show_their_secret_once() {
    let w = world();
    let root = w.root();
    call!(w, root, CreateUser, {"UserName": "alice"}).unwrap();
    let make = |service: &'static str| {
        let (w, root) = (&w, &root);
        async move {
            call!(w, root, CreateServiceSpecificCredential, {
                "UserName": "alice", "ServiceName": service,
            })
        }
    };
    let first = make("codecommit.amazonaws.com").await.unwrap();
    let first = first.service_specific_credential.unwrap();
    assert_eq!(
        first.service_user_name.as_deref(),
        Some("alice-at-123456789012")
    );
    let second = make("codecommit.amazonaws.com").await.unwrap();
    let name = second
        .service_specific_credential
        .unwrap()
        .service_user_name;
    assert_eq!(name.as_deref(), Some("alice+1-at-123456789012"));
    assert_eq!(
        make("codecommit.amazonaws.com").await.unwrap_err().code,
        "LimitExceeded"
    );
    assert_eq!(
        make("ecs.amazonaws.com").await.unwrap_err().code,
        "NotSupportedService"
    );
    let key = make("bedrock.amazonaws.com")
        .await
        .unwrap()
        .service_specific_credential
        .unwrap();
    assert!(key.service_password.is_none() && key.service_credential_secret.is_some());
    let id = first.service_specific_credential_id.unwrap();
    let reset = call!(w, root, ResetServiceSpecificCredential, {
        "UserName": "alice", "ServiceSpecificCredentialId": id,
    });
    let reset = reset.unwrap().service_specific_credential.unwrap();
    assert_ne!(reset.service_password, first.service_password);
    for (input, count) in [
        (serde_json::json!({"UserName": "alice"}), 3),
        (
            serde_json::json!({"AllUsers": true, "ServiceName": "codecommit.amazonaws.com"}),
            2,
        ),
    ] {
        let listed = w
            .call::<rolecall_api::iam::ListServiceSpecificCredentials>(&root, input)
            .await
            .unwrap();
        assert_eq!(listed.service_specific_credentials.unwrap().len(), count);
    }
    call!(w, root, DeleteServiceSpecificCredential, {
        "UserName": "alice", "ServiceSpecificCredentialId": id,
    })
    .unwrap();
}

#[tokio::test]
async fn server_certificates_need_their_own_key_and_chain() {
    let w = world();
    let root = w.root();
    let upload = |name: &'static str, key: &'static str, chain: Option<&'static str>| {
        let (w, root) = (&w, &root);
        async move {
            let mut input = serde_json::json!({"ServerCertificateName": name,
                "CertificateBody": PEM, "PrivateKey": key, "Path": "/web/"});
            if let Some(chain) = chain {
                input["CertificateChain"] = chain.into();
            }
            w.call::<rolecall_api::iam::UploadServerCertificate>(root, input)
                .await
        }
    };
    let other = include_str!("../../../../federation/tests/data/other.key");
    refused!(
        upload("app", other, None).await,
        400,
        "KeyPairMismatch: The public key certificate and the private key do not match."
    );
    assert!(
        upload("app", KEY, Some(OTHER))
            .await
            .unwrap_err()
            .message
            .ends_with("certificate is: 0")
    );
    assert_eq!(
        upload("app", "x", None).await.unwrap_err().code,
        "MalformedCertificate"
    );
    let made = upload("app", KEY, Some(PEM))
        .await
        .unwrap()
        .server_certificate_metadata
        .unwrap();
    assert_eq!(
        made.arn.as_deref(),
        Some("arn:aws:iam::123456789012:server-certificate/web/app")
    );
    assert!(made.expiration.unwrap() > w.now());
    assert_eq!(
        upload("APP", KEY, None).await.unwrap_err().code,
        "EntityAlreadyExists"
    );
    call!(w, root, UpdateServerCertificate, {
        "ServerCertificateName": "app", "NewServerCertificateName": "site", "NewPath": "/",
    })
    .unwrap();
    call!(w, root, TagServerCertificate, {
        "ServerCertificateName": "site", "Tags": [{"Key": "a", "Value": "b"}],
    })
    .unwrap();
    let found = call!(w, root, GetServerCertificate, {"ServerCertificateName": "site"}).unwrap();
    let found = found.server_certificate.unwrap();
    assert_eq!(found.certificate_body.as_deref(), Some(PEM.trim()));
    assert_eq!(found.tags.unwrap().len(), 1);
    let listed = call!(w, root, ListServerCertificates, {"PathPrefix": "/"}).unwrap();
    assert_eq!(listed.server_certificate_metadata_list.unwrap().len(), 1);
    call!(w, root, DeleteServerCertificate, {"ServerCertificateName": "site"}).unwrap();
    refused!(
        call!(w, root, GetServerCertificate, {"ServerCertificateName": "site"}),
        404,
        "NoSuchEntity: The Server Certificate with name site cannot be found."
    );
}
