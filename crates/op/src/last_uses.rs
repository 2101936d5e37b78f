//! Which keys and roles are used: noted in memory by every authenticated request, and written to
//! the store now and then.
//!
//! A key or role that was noted in the last quarter of an hour costs a request one look into a map.

use std::collections::HashMap;
use std::time::Duration;

use parking_lot::RwLock;
use rolecall_base::{Region, Timestamp};
use rolecall_identity::last_use::LastUse;
use rolecall_identity::{AccessKey, Caller, CallerKind, Role, SessionKind};
use rolecall_store::{Store, TransactError, Txn};

/// Within this time after a use that is on record, no other is recorded.
const SPAN: Duration = Duration::from_secs(15 * 60);
/// How many uses are held; those that are written are dropped when there are more.
const HELD_MAX: usize = 100_000;

/// The uses that were noted, by the id of the access key or the unique id of the role.
#[derive(Default)]
pub(crate) struct LastUses(RwLock<HashMap<String, Noted>>);

#[derive(Clone)]
struct Noted {
    of: Of,
    last: LastUse,
    written: bool,
}

/// What was used.
#[derive(Clone)]
enum Of {
    /// A long-term access key.
    Key,
    /// A role, under this store key.
    Role(String),
}

impl LastUses {
    /// Notes that `caller` called `service`.
    pub(crate) fn note(&self, caller: &Caller, region: &Region, service: &str, now: Timestamp) {
        let Some((id, of)) = used(caller) else {
            return;
        };
        let is_known = |noted: &Noted| now.since(noted.last.at) < SPAN;
        if self.0.read().get(id).is_some_and(is_known) {
            return;
        }
        let noted = Noted {
            of: of(),
            last: LastUse {
                at: now,
                region: region.to_string(),
                service: service.to_owned(),
            },
            written: false,
        };
        let mut held = self.0.write();
        if held.len() >= HELD_MAX {
            held.retain(|_, noted| !noted.written);
        }
        held.insert(id.to_owned(), noted);
    }

    /// Writes what was noted since the last time.
    pub(crate) async fn write(&self, store: &Store) {
        let new: Vec<(String, Noted)> = {
            let held = self.0.read();
            let new = held.iter().filter(|(_, noted)| !noted.written);
            new.map(|(id, noted)| (id.clone(), noted.clone())).collect()
        };
        if new.is_empty() {
            return;
        }
        let written = new.clone();
        let write = move |tx: &mut Txn| {
            for (id, noted) in &new {
                put(tx, id, noted);
            }
            Ok::<(), std::convert::Infallible>(())
        };
        if let Err(error) = store.transact(write).await {
            let error: TransactError<std::convert::Infallible> = error;
            tracing::warn!(%error, "the last uses of keys and roles were not written");
            return;
        }
        let mut held = self.0.write();
        for (id, was) in written {
            if let Some(noted) = held.get_mut(&id)
                && noted.last == was.last
            {
                noted.written = true;
            }
        }
    }
}

/// The id of what a caller used, and how to say what that is.
fn used(caller: &Caller) -> Option<(&str, impl FnOnce() -> Of)> {
    let (id, role) = match (&caller.kind, caller.session()) {
        (CallerKind::Role { key, session, .. }, _) => match &session.kind {
            SessionKind::Role { role_id, .. } => (role_id.as_str(), Some(key)),
            _ => return None,
        },
        (CallerKind::Root { .. } | CallerKind::User { .. }, None) => {
            (caller.access_key_id.as_deref()?, None)
        }
        _ => return None,
    };
    Some((id, move || {
        role.map_or(Of::Key, |key| Of::Role(key.clone()))
    }))
}

/// Writes one use, unless what was used is gone by now.
fn put(tx: &mut Txn, id: &str, noted: &Noted) {
    match &noted.of {
        Of::Key if tx.get::<AccessKey>(id).is_some() => {
            tx.put(LastUse::of_key(id), noted.last.clone());
        }
        Of::Role(key) if tx.get::<Role>(key).is_some_and(|role| role.id == id) => {
            tx.put(LastUse::of_role(id), noted.last.clone());
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use rolecall_base::AccountId;
    use rolecall_identity::KeyStatus;

    use super::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_epoch_seconds(1_000).plus(Duration::from_secs(seconds))
    }

    #[tokio::test]
    async fn the_first_use_of_a_quarter_of_an_hour_is_written_once() {
        let account = AccountId::new("123456789012").unwrap();
        let store = Store::memory();
        let key = AccessKey {
            id: "AKIAEXAMPLE".to_owned(),
            secret: "s".to_owned(),
            account: account.clone(),
            user: None,
            status: KeyStatus::Active,
            created: at(0),
        };
        let put = move |tx: &mut Txn| {
            tx.put("AKIAEXAMPLE", key.clone());
            Ok::<(), ()>(())
        };
        store.transact(put).await.unwrap();
        let uses = LastUses::default();
        let region = Region::new("eu-west-1").unwrap();
        let root = Caller::root(&account, Some("AKIAEXAMPLE".to_owned()));
        let gone = Caller::root(&account, Some("AKIAGONE".to_owned()));
        let read = |id: &str| {
            let snap = store.snapshot();
            snap.get::<LastUse>(&LastUse::of_key(id))
                .map(|last| (last.at, last.service.clone()))
        };
        uses.note(&root, &region, "ecs", at(0));
        uses.note(&gone, &region, "ecs", at(0));
        uses.note(&root, &region, "iam", at(899));
        uses.write(&store).await;
        assert_eq!(read("AKIAEXAMPLE"), Some((at(0), "ecs".to_owned())));
        assert_eq!(read("AKIAGONE"), None);
        let revision = store.snapshot().revision();
        uses.write(&store).await;
        assert_eq!(store.snapshot().revision(), revision);
        uses.note(&root, &region, "iam", at(900));
        uses.write(&store).await;
        assert_eq!(read("AKIAEXAMPLE"), Some((at(900), "iam".to_owned())));
    }
}
