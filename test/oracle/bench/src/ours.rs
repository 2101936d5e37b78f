//! The side of `rolecall-policy`.

use std::collections::HashMap;
use std::hint::black_box;

use rolecall_policy::{
    Context, Layers, NamedPolicy, Policy, PolicyKind, Principal, Request, evaluate,
};

use crate::Failure;
use crate::statements::{CONTEXT, RESOURCE, iam, iam_wide};

/// The four layers of a caller.
pub struct Layered {
    identity: Policy,
    boundary: Policy,
    session: Policy,
    scp: Policy,
}

impl Layered {
    /// With an identity policy of `size` statements.
    pub fn new(size: usize) -> Result<Self, Failure> {
        Ok(Self {
            identity: Policy::parse(&iam(size), PolicyKind::Identity)?,
            boundary: Policy::parse(&iam_wide(), PolicyKind::Managed)?,
            session: Policy::parse(&iam_wide(), PolicyKind::Session)?,
            scp: Policy::parse(&iam_wide(), PolicyKind::Scp)?,
        })
    }

    /// Decides once; a wrong answer is a failure.
    pub fn decides(&self, action: &str, expected: bool) -> Result<(), Failure> {
        self.decide(&self.identity, action, expected)
    }

    fn decide(&self, identity: &Policy, action: &str, expected: bool) -> Result<(), Failure> {
        let principal = Principal::user(
            "123456789012",
            "arn:aws:iam::123456789012:user/alice",
            "AIDAEXAMPLE",
        );
        let mut context = Context::with_capacity(CONTEXT.len());
        for (key, value) in CONTEXT {
            context.set(*key, *value);
        }
        let identity = [NamedPolicy {
            name: "identity",
            policy: identity,
        }];
        let boundary = [NamedPolicy {
            name: "boundary",
            policy: &self.boundary,
        }];
        let session = [NamedPolicy {
            name: "session",
            policy: &self.session,
        }];
        let scp = [NamedPolicy {
            name: "scp",
            policy: &self.scp,
        }];
        let layers = Layers {
            identity: &identity,
            boundary: Some(&boundary),
            session: Some(&session),
            scps: &[&scp],
            ..Layers::default()
        };
        let request = Request {
            principal: &principal,
            action: black_box(action),
            resource: black_box(RESOURCE),
            resource_account: None,
            context: &context,
        };
        if evaluate(&request, &layers).allowed() == expected {
            Ok(())
        } else {
            Err("decided wrongly".into())
        }
    }
}

/// An account of many policies, found by their ARNs.
pub struct Account {
    layers: Layered,
    policies: HashMap<String, Policy>,
    attached: String,
}

impl Account {
    /// `count` policies of one statement each.
    pub fn new(count: usize) -> Result<Self, Failure> {
        let arn = |n: usize| format!("arn:aws:iam::123456789012:policy/p{n}");
        let mut policies = HashMap::with_capacity(count);
        for n in 0..count {
            policies.insert(arn(n), Policy::parse(&iam(1), PolicyKind::Managed)?);
        }
        Ok(Self {
            layers: Layered::new(1)?,
            policies,
            attached: arn(count / 2),
        })
    }

    /// Finds the attached policy and decides once.
    pub fn decides(&self, action: &str, expected: bool) -> Result<(), Failure> {
        let attached = self.policies.get(&self.attached);
        self.layers
            .decide(attached.ok_or("no policy")?, action, expected)
    }
}
