//! `UpdateServerCertificate`.

use rolecall_api::Empty;
use rolecall_base::AwsError;
use rolecall_identity::name_key;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::server_certificate::{ServerCertificate, check, exists, load};
use crate::text::required;

/// Gives a certificate another name or path. The new ARN must be allowed as well as the old.
///
/// Source: IAM API Reference, `UpdateServerCertificate`.
pub struct UpdateServerCertificate;

impl Operation for UpdateServerCertificate {
    type Api = rolecall_api::iam::UpdateServerCertificate;
    const EXAMPLE: &'static str =
        r#"{"ServerCertificateName":"app","NewServerCertificateName":"web"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        let name = required(&input.server_certificate_name);
        let old = check(req, "iam:UpdateServerCertificate", name);
        let stored = req
            .snap
            .get::<ServerCertificate>(&name_key(req.account(), name));
        let path = stored.as_ref().map_or("/", |stored| stored.path.as_str());
        let new = ServerCertificate::arn_of(
            req.account(),
            input.new_path.as_deref().unwrap_or(path),
            input.new_server_certificate_name.as_deref().unwrap_or(name),
        );
        let mut checks = vec![old.clone()];
        if new != old.resource {
            checks.push(rolecall_op::AccessCheck {
                resource: new,
                called: None,
                ..old
            });
        }
        Ok(checks.into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let (input, account) = (req.input, req.account());
        let name = required(&input.server_certificate_name);
        let (key, mut found) = load(tx, account, name)?;
        if let Some(path) = &input.new_path {
            found.path.clone_from(path);
        }
        if let Some(name) = &input.new_server_certificate_name {
            let new_key = name_key(account, name);
            if new_key != key && tx.get::<ServerCertificate>(&new_key).is_some() {
                return Err(exists(name));
            }
            found.name.clone_from(name);
        }
        found.arn = ServerCertificate::arn_of(account, &found.path, &found.name);
        tx.delete::<ServerCertificate>(&key);
        tx.put(name_key(account, &found.name), found);
        Ok(Empty {})
    }
}
