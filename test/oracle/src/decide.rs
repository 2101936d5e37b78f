//! The order of evaluation, as the IAM User Guide tells it.

use serde_json::Value;

use crate::case::{Question, items};
use crate::principals::Named;
use crate::statements::{Stands, applies};

/// What an evaluator says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Allowed.
    Allow,
    /// Denied by a statement of this kind of policy.
    ExplicitDeny(&'static str),
    /// An Allow is missing in this kind of policy.
    ImplicitDeny(&'static str),
}

/// One case being decided.
struct Trial<'c> {
    case: &'c Value,
    question: Question<'c>,
    has_boundary: bool,
}

/// Decides a case; `None` if it is no case.
pub fn decide(case: &Value) -> Option<Answer> {
    let trial = Trial {
        case,
        question: Question::read(case)?,
        has_boundary: case.get("boundary").is_some(),
    };
    Some(trial.decide())
}

impl Trial<'_> {
    fn decide(&self) -> Answer {
        // No permission is needed, and none can be taken away.
        let action = self.question.action.to_ascii_lowercase();
        if action == "sts:getcalleridentity" || action == "sts:getsessiontoken" {
            return Answer::Allow;
        }
        if let Some(layer) = self.denied() {
            return Answer::ExplicitDeny(layer);
        }
        // Resource control policies: RCPFullAWSAccess is always attached, only denies matter.
        // Service control policies: an Allow is needed at every level.
        if self.organization_limits_caller() {
            let levels = items(self.case.get("scps"));
            let allowed = |level: &&Value| self.any(Some(level), Stands::Organization, "Allow");
            if !levels.iter().all(allowed) {
                return Answer::ImplicitDeny("service control");
            }
        }
        let caller = self.question.caller;
        let granted = self.resource_policy("Allow");
        if caller.account.is_empty() {
            // Services, providers' users and strangers have no policies of their own.
            return match granted {
                Some(_) => Answer::Allow,
                None => Answer::ImplicitDeny(self.resource_layer()),
            };
        }
        if caller.account != self.question.owner() {
            return self.across(granted);
        }
        self.at_home(granted)
    }

    /// Caller and resource are of one account.
    fn at_home(&self, granted: Option<Named>) -> Answer {
        let must_allow = self.flag("must_allow");
        if must_allow && granted.is_none() {
            return Answer::ImplicitDeny(self.resource_layer());
        }
        if granted == Some(Named::Directly) {
            return Answer::Allow;
        }
        let identity = granted == Some(Named::Role);
        self.callers_side(identity).unwrap_or(Answer::Allow)
    }

    /// Both sides must allow; what the caller's side lacks is told first.
    fn across(&self, granted: Option<Named>) -> Answer {
        match (self.callers_side(false), granted) {
            (Some(lacking), _) => lacking,
            (None, Some(_)) => Answer::Allow,
            (None, None) => Answer::ImplicitDeny(self.resource_layer()),
        }
    }

    /// What is missing in identity policies (unless already granted), boundary and session policy.
    fn callers_side(&self, identity_granted: bool) -> Option<Answer> {
        let caller = self.question.caller;
        let allows = |layer| self.any(self.case.get(layer), Stands::Caller, "Allow");
        if caller.kind != "root" && !identity_granted && !allows("identity") {
            return Some(Answer::ImplicitDeny("identity"));
        }
        if self.has_boundary && !allows("boundary") {
            return Some(Answer::ImplicitDeny("boundary"));
        }
        // A federated user's session without a policy is allowed nothing.
        let limited = self.case.get("session").is_some() || caller.kind == "federated";
        if limited && !allows("session") {
            return Some(Answer::ImplicitDeny("session"));
        }
        None
    }

    /// The first kind of policy, in the order of evaluation, with a statement that denies.
    fn denied(&self) -> Option<&'static str> {
        let case = self.case;
        let denies = |level: &Value, stands| self.any(Some(level), stands, "Deny");
        // Nor do they come between a service and its service-linked role.
        let own_role = self.question.caller.kind == "service"
            && self.question.resource.contains(":role/aws-service-role/");
        if !self.is_service_linked() && !own_role {
            let mut rcps = items(case.get("rcps")).into_iter();
            if rcps.any(|level| denies(level, Stands::Resource)) {
                return Some("resource control");
            }
        }
        if self.organization_limits_caller() {
            let mut scps = items(case.get("scps")).into_iter();
            if scps.any(|level| denies(level, Stands::Organization)) {
                return Some("service control");
            }
        }
        if self.resource_policy("Deny").is_some() {
            return Some(self.resource_layer());
        }
        ["identity", "boundary", "session"]
            .into_iter()
            .find(|layer| self.any(case.get(layer), Stands::Caller, "Deny"))
    }

    /// Whether a statement of this effect in a list of policies applies.
    fn any(&self, policies: Option<&Value>, stands: Stands, effect: &str) -> bool {
        items(policies).into_iter().any(|policy| {
            applies(policy, effect, stands, &self.question, self.has_boundary).is_some()
        })
    }

    fn resource_policy(&self, effect: &str) -> Option<Named> {
        let policy = self
            .case
            .get("trust")
            .or_else(|| self.case.get("resource_policy"))?;
        let stands = Stands::Resource;
        applies(policy, effect, stands, &self.question, self.has_boundary)
    }

    fn resource_layer(&self) -> &'static str {
        if self.case.get("trust").is_some() {
            "trust"
        } else {
            "resource"
        }
    }

    fn flag(&self, name: &str) -> bool {
        self.case.get(name).and_then(Value::as_bool) == Some(true)
    }

    fn is_service_linked(&self) -> bool {
        let caller = self.question.caller;
        caller.kind == "role" && caller.issuer.contains(":role/aws-service-role/")
    }

    /// Service control policies limit users, roles and the root user of member accounts; not
    /// service-linked roles, nor callers without an account.
    fn organization_limits_caller(&self) -> bool {
        !self.is_service_linked() && !self.question.caller.account.is_empty()
    }
}
