//! Parts of a record that outlive the request that they were borrowed from, and borrowed ones.

use std::borrow::Cow;

use super::{Decided, Deciding, Key, Reason, Text};

impl Decided<'_> {
    /// The same, of its own.
    pub fn into_owned(self) -> Decided<'static> {
        Decided {
            action: owned(self.action),
            resource: owned(self.resource),
            resource_account: self.resource_account.map(owned),
            keys: self.keys.into_iter().map(Key::into_owned).collect(),
            allowed: self.allowed,
            reason: self.reason.into_owned(),
            deciding: self.deciding.map(Deciding::into_owned),
            message: self.message.map(owned),
            why: self.why.map(owned),
            remedies: self.remedies,
            closest: self.closest,
            considered: self.considered,
            reliefs: self.reliefs,
            checked: self.checked,
        }
    }
}

impl Key<'_> {
    /// The same, borrowed.
    pub fn borrowed(&self) -> Key<'_> {
        Key {
            name: Cow::Borrowed(&self.name),
            values: Cow::Borrowed(&self.values),
            many: self.many,
        }
    }

    /// The same, of its own.
    pub fn into_owned(self) -> Key<'static> {
        Key {
            name: owned(self.name),
            values: Cow::Owned(self.values.into_owned()),
            many: self.many,
        }
    }
}

impl Reason<'_> {
    fn into_owned(self) -> Reason<'static> {
        match self {
            Self::Allow => Reason::Allow,
            Self::RootUser => Reason::RootUser,
            Self::NoPermissionNeeded => Reason::NoPermissionNeeded,
            Self::ExplicitDeny => Reason::ExplicitDeny,
            Self::ImplicitDeny { layer } => Reason::ImplicitDeny {
                layer: owned(layer),
            },
            Self::Undecidable => Reason::Undecidable,
        }
    }
}

impl Deciding<'_> {
    fn into_owned(self) -> Deciding<'static> {
        Deciding {
            layer: owned(self.layer),
            policy: owned(self.policy),
            statement: self.statement,
            sid: self.sid.map(owned),
        }
    }
}

fn owned(text: Text<'_>) -> Text<'static> {
    Cow::Owned(text.into_owned())
}
