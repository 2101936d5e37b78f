//! What a new member account is given.

use std::collections::BTreeMap;

use rolecall_base::rng::{IdSource, iam_unique_id};
use rolecall_base::{AccountId, AwsError, Tags};
use rolecall_identity::{Account, PolicyText, Role, name_key};
use rolecall_op::RequestInfo;
use rolecall_policy::PolicyKind;
use rolecall_store::Txn;

/// The inline policy of the access role.
///
/// Source: AWS Organizations User Guide, "Creating `OrganizationAccountAccessRole`".
const ADMINISTRATOR: &str = r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": "*",
      "Resource": "*"
    }
  ]
}"#;

/// The account's own document and the role `role`, which the management account may assume.
///
/// # Errors
/// An internal failure if the management account has no document.
pub(crate) fn furnish(
    tx: &mut Txn,
    info: &RequestInfo,
    id: &AccountId,
    role: &str,
    ids: &mut dyn IdSource,
) -> Result<(), AwsError> {
    let management = info.account();
    let own = tx.get::<Account>(management.as_str());
    let own = own.ok_or_else(AwsError::internal)?.cloned();
    let account = Account {
        id: id.clone(),
        region: own.region,
        created: info.now,
        root_access_key: String::new(),
        token_key: own.token_key,
        made_by: Some(management.clone()),
    };
    let trust = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"AWS":"arn:aws:iam::{management}:root"}},"Action":"sts:AssumeRole"}}]}}"#
    );
    let text = |text: &str, kind| PolicyText::parse(text, kind).map_err(|_| AwsError::internal());
    let administrator = text(ADMINISTRATOR, PolicyKind::Identity)?;
    let document = Role {
        account: id.clone(),
        name: role.to_owned(),
        path: "/".to_owned(),
        id: iam_unique_id(ids, "AROA"),
        arn: Role::arn_of(id, "/", role),
        created: info.now,
        trust: text(&trust, PolicyKind::Trust)?,
        description: None,
        max_session_duration_s: 3_600,
        boundary: None,
        tags: Tags::default(),
        inline: BTreeMap::from([("AdministratorAccess".to_owned(), administrator)]),
        attached: Vec::new(),
        linked_service: None,
    };
    tx.put(id.as_str(), account);
    tx.put(name_key(id, role), document);
    Ok(())
}
