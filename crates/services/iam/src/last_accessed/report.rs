//! A report: what of the granted permissions was used, by whom, and when last.

use std::collections::BTreeMap;

use rolecall_base::{AccountId, Timestamp};
use rolecall_record::CallRecord;
use rolecall_store::Document;
use serde::{Deserialize, Serialize};

use super::entity::Who;
use super::grants::Grants;
use super::job::Report;

/// The report of a job. Keyed `ACCOUNT JOB`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AccessReport {
    /// Whose it is.
    pub account: AccountId,
    /// When it was asked for and made.
    pub created: Timestamp,
    /// `SERVICE_LEVEL` or `ACTION_LEVEL`.
    pub granularity: String,
    pub(super) who: Vec<Who>,
    pub(super) services: Vec<ServiceUse>,
}

/// What of one service was used.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ServiceUse {
    pub(super) namespace: String,
    /// The last use by each user or role, by ARN.
    pub(super) by: BTreeMap<String, Last>,
    /// The allowed actions, each with its last use.
    pub(super) actions: Vec<(String, Option<(String, Last)>)>,
}

/// A last use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Last {
    pub(super) at: Timestamp,
    pub(super) region: String,
}

impl Document for AccessReport {
    const KIND: &'static str = "iam.access-report";
    const VERSION: u32 = 1;
}

impl Report for AccessReport {
    fn made(&self) -> Timestamp {
        self.created
    }
}

impl ServiceUse {
    /// The user or role that used it last.
    pub(super) fn last(&self) -> Option<(&String, &Last)> {
        self.by.iter().max_by_key(|(_, last)| last.at)
    }
}

/// The uses that were found so far, while the record is read from its newest end.
#[derive(Debug, Default)]
pub(super) struct Uses {
    /// By namespace and ARN.
    services: BTreeMap<String, BTreeMap<String, Last>>,
    /// By action, `ecs:RunTask`.
    actions: BTreeMap<String, (String, Last)>,
}

impl Uses {
    /// Counts a call of one of `who`.
    pub(super) fn count(&mut self, call: &CallRecord<'_>, who: &[Who]) {
        let caller = &call.caller;
        // A federated user acts with its user's permissions, a session with its role's.
        let arn: &str = caller.issuer_arn.as_ref().unwrap_or(&caller.arn);
        if who
            .binary_search_by(|who| who.arn.as_str().cmp(arn))
            .is_err()
        {
            return;
        }
        let last = || Last {
            at: call.at,
            region: call.region.to_string(),
        };
        for decided in &call.decisions {
            let Some((namespace, _)) = decided.action.split_once(':') else {
                continue;
            };
            let by = self.services.entry(namespace.to_owned()).or_default();
            let known = by.entry(arn.to_owned()).or_insert_with(last);
            if known.at < call.at {
                *known = last();
            }
            let known = self.actions.entry(decided.action.to_string());
            let known = known.or_insert_with(|| (arn.to_owned(), last()));
            if known.1.at < call.at {
                *known = (arn.to_owned(), last());
            }
        }
    }

    /// The uses of what `grants` allow, by namespace.
    pub(super) fn of(mut self, grants: &Grants) -> Vec<ServiceUse> {
        let services = grants.services().into_iter().map(|namespace| {
            let actions = grants.actions(&namespace).into_iter().map(|action| {
                let used = self.actions.remove(&format!("{namespace}:{action}"));
                (action.to_owned(), used)
            });
            ServiceUse {
                actions: actions.collect(),
                by: self.services.remove(&namespace).unwrap_or_default(),
                namespace,
            }
        });
        services.collect()
    }
}
