//! What a data directory is given when it is first used: an account and its root access key.

use anyhow::{Context, Result, anyhow};
use rolecall_base::{AccountId, AwsError, Region, Timestamp, rng};
use rolecall_identity::{AccessKey, Account, KeyStatus, Quotas};
use rolecall_store::{Store, Txn};

use crate::entropy::Entropy;
use crate::node::NodeConfig;

/// The account and region of a first start that names none.
const ACCOUNT: &str = "123456789012";
const REGION: &str = "us-east-1";

/// Makes the account on the first start; on a later one, finds it and holds it against what the
/// command line says.
pub(crate) async fn account(store: &Store, config: &NodeConfig, now: Timestamp) -> Result<Account> {
    let snap = store.snapshot();
    let found = snap
        .range::<Account>("")
        .find(|(_, account)| account.made_by.is_none())
        .map(|(_, account)| account.cloned());
    if let Some(account) = found {
        let named = config.account.as_ref().map(AccountId::as_str);
        held("account", account.id.as_str(), named)?;
        let named = config.region.as_ref().map(Region::as_str);
        held("region", account.region.as_str(), named)?;
        return Ok(account);
    }
    let id = match &config.account {
        Some(id) => id.clone(),
        None => AccountId::new(ACCOUNT)?,
    };
    let region = match &config.region {
        Some(region) => region.clone(),
        None => Region::new(REGION)?,
    };
    let mut entropy = Entropy;
    let key_id = rng::iam_unique_id(&mut entropy, "AKIA");
    let secret = rng::secret_access_key(&mut entropy);
    let token_key = format!("{}{}", rng::hex32(&mut entropy), rng::hex32(&mut entropy));
    let account = Account {
        id: id.clone(),
        region,
        created: now,
        root_access_key: key_id.clone(),
        token_key,
        made_by: None,
    };
    let key = root_key(&id, key_id, secret, now);
    let made = account.clone();
    let write = move |tx: &mut Txn| -> Result<(), AwsError> {
        tx.put(made.id.as_str(), made.clone());
        tx.put(key.id.as_str(), key.clone());
        Ok(())
    };
    store
        .transact(write)
        .await
        .context("write the new account")?;
    Ok(account)
}

/// Holds what the command line names against what the data directory was made with.
fn held(what: &str, kept: &str, named: Option<&str>) -> Result<()> {
    match named {
        Some(named) if named != kept => Err(anyhow!(
            "the data directory belongs to {what} {kept}, not {named}: start it without --{what}, \
             or use another --data"
        )),
        _ => Ok(()),
    }
}

/// Puts the key of `--dev-credentials KEY:SECRET` beside the root user's own.
pub(crate) async fn dev_credentials(
    store: &Store,
    account: &AccountId,
    text: &str,
    now: Timestamp,
) -> Result<()> {
    let (id, secret) = text
        .split_once(':')
        .filter(|(id, secret)| !id.is_empty() && !secret.is_empty())
        .ok_or_else(|| anyhow!("--dev-credentials takes KEY:SECRET, such as test:test"))?;
    let key = root_key(account, id.to_owned(), secret.to_owned(), now);
    let write = move |tx: &mut Txn| -> Result<(), AwsError> {
        tx.put(key.id.as_str(), key.clone());
        Ok(())
    };
    store
        .transact(write)
        .await
        .context("write the development key")?;
    Ok(())
}

/// Raises IAM quotas: `NAME=N`, by the names that IAM's own errors use. They stay raised.
pub(crate) async fn quotas(store: &Store, account: &AccountId, raised: &[String]) -> Result<()> {
    if raised.is_empty() {
        return Ok(());
    }
    let snap = store.snapshot();
    let mut quotas = snap
        .get::<Quotas>(account.as_str())
        .map(|q| q.cloned())
        .unwrap_or_default();
    for text in raised {
        let (name, n) = text
            .split_once('=')
            .and_then(|(name, n)| Some((name, n.parse::<usize>().ok()?)))
            .ok_or_else(|| anyhow!("--quota takes NAME=N, such as RolesPerAccount=100000"))?;
        let place = match name {
            "RolesPerAccount" => &mut quotas.roles,
            "UsersPerAccount" => &mut quotas.users,
            "GroupsPerAccount" => &mut quotas.groups,
            "PoliciesPerAccount" => &mut quotas.policies,
            "InstanceProfilesPerAccount" => &mut quotas.instance_profiles,
            "PoliciesPerRole" => &mut quotas.policies_per_role,
            "PoliciesPerUser" => &mut quotas.policies_per_user,
            "PoliciesPerGroup" => &mut quotas.policies_per_group,
            "ACLSizePerRole" => &mut quotas.trust_policy_chars,
            other => {
                return Err(anyhow!(
                    "there is no quota {other}: RolesPerAccount, UsersPerAccount, \
                     GroupsPerAccount, PoliciesPerAccount, InstanceProfilesPerAccount, \
                     PoliciesPerRole, PoliciesPerUser, PoliciesPerGroup, ACLSizePerRole"
                ));
            }
        };
        *place = n;
    }
    let key = account.to_string();
    let write = move |tx: &mut Txn| -> Result<(), AwsError> {
        tx.put(key.as_str(), quotas.clone());
        Ok(())
    };
    store.transact(write).await.context("write the quotas")?;
    Ok(())
}

fn root_key(account: &AccountId, id: String, secret: String, now: Timestamp) -> AccessKey {
    AccessKey {
        id,
        secret,
        account: account.clone(),
        user: None,
        status: KeyStatus::Active,
        created: now,
    }
}
