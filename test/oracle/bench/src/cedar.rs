//! The side of `cedar-policy`.

use std::hint::black_box;

use cedar_policy::{
    Authorizer, Context, Decision, Entities, EntityUid, PolicySet, Request, RestrictedExpression,
};

use crate::Failure;
use crate::statements::{CONTEXT, RESOURCE, cedar, cedar_of, cedar_wide};

/// The four layers of a caller.
pub struct Layered {
    engine: Engine,
    layers: Vec<PolicySet>,
}

/// What every question needs.
struct Engine {
    authorizer: Authorizer,
    entities: Entities,
    user: EntityUid,
    resource: EntityUid,
}

impl Engine {
    fn new(user: &str) -> Result<Self, Failure> {
        Ok(Self {
            authorizer: Authorizer::new(),
            entities: Entities::empty(),
            user: format!("User::\"{user}\"").parse()?,
            resource: "Resource::\"any\"".parse()?,
        })
    }

    /// The request, its context made anew.
    fn request(&self, action: &str) -> Result<Request, Failure> {
        let text = |value: &str| RestrictedExpression::new_string(value.to_owned());
        let pairs = CONTEXT
            .iter()
            .map(|(key, value)| ((*key).to_owned(), text(value)));
        let own = [
            ("resource".to_owned(), text(black_box(RESOURCE))),
            ("action".to_owned(), text(action)),
        ];
        let context = Context::from_pairs(pairs.chain(own))?;
        let type_name = "Action".parse()?;
        let action = EntityUid::from_type_name_and_id(type_name, action.parse()?);
        let (user, resource) = (self.user.clone(), self.resource.clone());
        Ok(Request::new(user, action, resource, context, None)?)
    }

    fn allows(&self, request: &Request, policies: &PolicySet) -> bool {
        let answer = self
            .authorizer
            .is_authorized(request, policies, &self.entities);
        answer.decision() == Decision::Allow
    }
}

impl Layered {
    /// With `size` policies of the user's own.
    pub fn new(size: usize) -> Result<Self, Failure> {
        let mut layers = vec![cedar(size).parse()?];
        for _ in 0..3 {
            layers.push(cedar_wide().parse()?);
        }
        Ok(Self {
            engine: Engine::new("alice")?,
            layers,
        })
    }

    /// Decides once; a wrong answer is a failure.
    pub fn decides(&self, action: &str, expected: bool) -> Result<(), Failure> {
        let request = self.engine.request(action)?;
        let mut layers = self.layers.iter();
        if layers.all(|layer| self.engine.allows(&request, layer)) == expected {
            Ok(())
        } else {
            Err("decided wrongly".into())
        }
    }
}

/// An account of many users' policies in one set.
pub struct Account {
    engine: Engine,
    layers: Vec<PolicySet>,
}

impl Account {
    /// `count` policies of one statement each, one of them the caller's.
    pub fn new(count: usize) -> Result<Self, Failure> {
        let text: String = (0..count)
            .map(|n| cedar_of(&format!("user{n}"), 1))
            .collect();
        let mut layers = vec![text.parse()?];
        for _ in 0..3 {
            layers.push(cedar_wide().parse()?);
        }
        Ok(Self {
            engine: Engine::new(&format!("user{}", count / 2))?,
            layers,
        })
    }

    /// Decides once.
    pub fn decides(&self, action: &str, expected: bool) -> Result<(), Failure> {
        let request = self.engine.request(action)?;
        let mut layers = self.layers.iter();
        if layers.all(|layer| self.engine.allows(&request, layer)) == expected {
            Ok(())
        } else {
            Err("decided wrongly".into())
        }
    }
}
