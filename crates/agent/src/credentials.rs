//! The credentials of the tasks' roles, as the control plane pushed them. Never written to disk:
//! after a restart they come again.

use std::collections::HashMap;
use std::fmt;

use parking_lot::RwLock;
use rolecall_acs::{IAMRoleCredentials, RoleType};
use rolecall_client::Credentials;

/// The credentials of every task that the agent has.
#[derive(Default)]
pub struct CredentialStore {
    tasks: RwLock<HashMap<String, Roles>>,
}

#[derive(Default)]
struct Roles {
    task: Option<IAMRoleCredentials>,
    execution: Option<IAMRoleCredentials>,
}

impl CredentialStore {
    /// Takes new credentials of a task's role, in place of earlier ones.
    pub fn put(&self, task_arn: &str, role: RoleType, credentials: IAMRoleCredentials) {
        let mut tasks = self.tasks.write();
        let roles = tasks.entry(task_arn.to_owned()).or_default();
        match role {
            RoleType::TaskApplication => roles.task = Some(credentials),
            RoleType::TaskExecution => roles.execution = Some(credentials),
        }
    }

    /// What the task's containers get under `id`. Only the task role's: the execution role is the
    /// agent's, and is not handed into the task.
    #[must_use]
    pub fn serve(&self, task_arn: &str, id: &str) -> Option<IAMRoleCredentials> {
        let tasks = self.tasks.read();
        let own = tasks.get(task_arn)?.task.as_ref()?;
        same(own.credentials_id.as_bytes(), id.as_bytes()).then(|| own.clone())
    }

    /// The path that the task's containers fetch their credentials from; none without a task role.
    #[must_use]
    pub fn path(&self, task_arn: &str) -> Option<String> {
        let tasks = self.tasks.read();
        let own = tasks.get(task_arn)?.task.as_ref()?;
        Some(format!("/v2/credentials/{}", own.credentials_id))
    }

    /// What the agent signs with on behalf of the task.
    #[must_use]
    pub fn execution(&self, task_arn: &str) -> Option<Credentials> {
        let tasks = self.tasks.read();
        let own = tasks.get(task_arn)?.execution.as_ref()?;
        Some(Credentials {
            access_key_id: own.access_key_id.clone(),
            secret_access_key: own.secret_access_key.clone(),
            session_token: Some(own.session_token.clone()).filter(|t| !t.is_empty()),
        })
    }

    /// Drops a task's credentials.
    pub fn forget(&self, task_arn: &str) {
        self.tasks.write().remove(task_arn);
    }
}

impl fmt::Debug for CredentialStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CredentialStore({} tasks)", self.tasks.read().len())
    }
}

/// Compares in a time that depends on the lengths only.
fn same(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let differences = a.iter().zip(b).fold(0_u8, |sum, (x, y)| sum | (x ^ y));
    std::hint::black_box(differences) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credentials(id: &str) -> IAMRoleCredentials {
        IAMRoleCredentials {
            credentials_id: id.to_owned(),
            role_arn: "arn:aws:iam::123456789012:role/app".to_owned(),
            access_key_id: format!("ASIA{id}"),
            secret_access_key: "hush".to_owned(),
            session_token: "token".to_owned(),
            expiration: "2026-11-22T12:00:00Z".to_owned(),
        }
    }

    #[test]
    fn a_task_gets_its_own_task_role_and_nothing_else() {
        let store = CredentialStore::default();
        store.put("a", RoleType::TaskApplication, credentials("id-a"));
        store.put("a", RoleType::TaskExecution, credentials("id-x"));
        store.put("b", RoleType::TaskApplication, credentials("id-b"));
        let served = store.serve("a", "id-a").unwrap();
        assert_eq!(served.access_key_id, "ASIAid-a");
        for (task, id) in [
            ("a", "id-b"),
            ("b", "id-a"),
            ("a", "id-x"),
            ("c", "id-a"),
            ("a", ""),
        ] {
            assert!(store.serve(task, id).is_none(), "{task} {id}");
        }
        assert_eq!(store.execution("a").unwrap().access_key_id, "ASIAid-x");
        assert!(store.execution("b").is_none());
        store.put("a", RoleType::TaskApplication, credentials("id-2"));
        assert!(store.serve("a", "id-a").is_none());
        store.forget("a");
        assert!(store.serve("a", "id-2").is_none() && store.execution("a").is_none());
        assert!(!format!("{store:?}").contains("hush"));
    }
}
