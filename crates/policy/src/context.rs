//! The condition keys of one request.

use std::borrow::Cow;
use std::net::IpAddr;

/// The value of one condition key.
///
/// Every value has a text form (what `StringEquals` compares and what a policy variable expands
/// to); the typed forms exist so that a caller need not format what it already has as a number.
///
/// ```
/// use rolecall_policy::{Context, ContextValue};
///
/// let mut context = Context::new();
/// context.set_int("s3:max-keys", 10);
/// assert_eq!(context.get("s3:max-keys"), Some(&ContextValue::Int(10)));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub enum ContextValue<'a> {
    /// One string.
    Str(Cow<'a, str>),
    /// A multivalued key, possibly empty. An empty list counts as an absent key (`Null` = `true`).
    List(Vec<Cow<'a, str>>),
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A moment, as seconds since 1970-01-01T00:00:00Z.
    EpochSeconds(i64),
    /// An address, such as `aws:SourceIp`.
    Ip(IpAddr),
}

/// The condition keys of one request: case-insensitive names, each with one or several values.
///
/// Keys that follow from the caller (`aws:PrincipalArn`, `aws:PrincipalAccount`,
/// `aws:PrincipalType`, `aws:userid`, `aws:username`, `aws:PrincipalIsAWSService`,
/// `aws:PrincipalServiceName`) and `aws:ResourceAccount` are taken from the
/// [`Request`](crate::Request) and need not, and cannot, be set here. `aws:PrincipalTag/...`,
/// `aws:CurrentTime` and all the others are for the caller to set.
///
/// ```
/// use rolecall_policy::Context;
///
/// let mut shared = Context::new();
/// shared.set("aws:RequestedRegion", "us-east-1").set_bool("aws:SecureTransport", true);
/// // What only one of several checks of the same call needs goes on top, without a copy.
/// let mut pass_role = shared.child();
/// pass_role.set("iam:PassedToService", "ecs-tasks.amazonaws.com");
/// assert!(pass_role.get("AWS:requestedregion").is_some());
/// ```
#[derive(Debug, Clone, Default)]
pub struct Context<'a> {
    entries: Vec<(Cow<'a, str>, ContextValue<'a>)>,
    parent: Option<&'a Context<'a>>,
}

impl<'a> Context<'a> {
    /// A context without keys. Allocates nothing until the first key is set.
    ///
    /// ```
    /// assert_eq!(rolecall_policy::Context::new().iter().count(), 0);
    /// ```
    pub const fn new() -> Self {
        Self {
            entries: Vec::new(),
            parent: None,
        }
    }

    /// An empty context with room for `capacity` keys.
    ///
    /// ```
    /// let mut context = rolecall_policy::Context::with_capacity(1);
    /// context.set("aws:RequestedRegion", "us-east-1");
    /// assert_eq!(context.iter().count(), 1);
    /// ```
    pub fn with_capacity(capacity: usize) -> Self {
        Self {
            entries: Vec::with_capacity(capacity),
            parent: None,
        }
    }

    /// A context that starts with everything in `self`; keys set on it hide those of `self`.
    ///
    /// ```
    /// let mut shared = rolecall_policy::Context::new();
    /// shared.set("aws:RequestedRegion", "us-east-1").set("ecs:cluster", "a");
    /// let mut own = shared.child();
    /// own.set("ecs:cluster", "b");
    /// assert!(own.get("aws:RequestedRegion").is_some());
    /// assert_ne!(own.get("ecs:cluster"), shared.get("ecs:cluster"));
    /// ```
    pub fn child<'b>(&'b self) -> Context<'b>
    where
        'a: 'b,
    {
        Context {
            entries: Vec::new(),
            parent: Some(self),
        }
    }

    /// Sets a key to one string, replacing an earlier value.
    ///
    /// ```
    /// use rolecall_policy::{Context, ContextValue};
    ///
    /// let mut context = Context::new();
    /// context.set("ecs:cluster", "a").set("ECS:Cluster", "b");
    /// assert_eq!(context.get("ecs:cluster"), Some(&ContextValue::Str("b".into())));
    /// ```
    pub fn set(
        &mut self,
        key: impl Into<Cow<'a, str>>,
        value: impl Into<Cow<'a, str>>,
    ) -> &mut Self {
        self.set_value(key, ContextValue::Str(value.into()))
    }

    /// Sets a multivalued key from borrowed or owned strings. An empty list counts as absent.
    ///
    /// ```
    /// use rolecall_policy::{Context, ContextValue};
    ///
    /// let mut context = Context::new();
    /// context.set_list("aws:TagKeys", ["team", "stage"]);
    /// assert_eq!(
    ///     context.get("aws:TagKeys"),
    ///     Some(&ContextValue::List(vec!["team".into(), "stage".into()]))
    /// );
    /// ```
    pub fn set_list<T: Into<Cow<'a, str>>>(
        &mut self,
        key: impl Into<Cow<'a, str>>,
        values: impl IntoIterator<Item = T>,
    ) -> &mut Self {
        let list: Vec<Cow<'a, str>> = values.into_iter().map(Into::into).collect();
        self.set_value(key, ContextValue::List(list))
    }

    /// Sets a Boolean key.
    ///
    /// ```
    /// use rolecall_policy::{Context, ContextValue};
    ///
    /// let mut context = Context::new();
    /// context.set_bool("aws:SecureTransport", true);
    /// assert_eq!(context.get("aws:SecureTransport"), Some(&ContextValue::Bool(true)));
    /// ```
    pub fn set_bool(&mut self, key: impl Into<Cow<'a, str>>, value: bool) -> &mut Self {
        self.set_value(key, ContextValue::Bool(value))
    }

    /// Sets a numeric key.
    ///
    /// ```
    /// use rolecall_policy::{Context, ContextValue};
    ///
    /// let mut context = Context::new();
    /// context.set_int("aws:MultiFactorAuthAge", 300);
    /// assert_eq!(context.get("aws:MultiFactorAuthAge"), Some(&ContextValue::Int(300)));
    /// ```
    pub fn set_int(&mut self, key: impl Into<Cow<'a, str>>, value: i64) -> &mut Self {
        self.set_value(key, ContextValue::Int(value))
    }

    /// Sets a key that is a moment, such as `aws:CurrentTime`, in seconds since the epoch.
    ///
    /// ```
    /// use rolecall_policy::{Context, ContextValue};
    ///
    /// let mut context = Context::new();
    /// context.set_epoch_s("aws:CurrentTime", 1_767_225_600);
    /// let moment = context.get("aws:currenttime");
    /// assert_eq!(moment, Some(&ContextValue::EpochSeconds(1_767_225_600)));
    /// ```
    pub fn set_epoch_s(&mut self, key: impl Into<Cow<'a, str>>, seconds: i64) -> &mut Self {
        self.set_value(key, ContextValue::EpochSeconds(seconds))
    }

    /// Sets a key that is an address, such as `aws:SourceIp`.
    ///
    /// ```
    /// use rolecall_policy::{Context, ContextValue};
    ///
    /// let mut context = Context::new();
    /// let address = std::net::IpAddr::from([10, 0, 0, 7]);
    /// context.set_ip("aws:SourceIp", address);
    /// assert_eq!(context.get("aws:SourceIp"), Some(&ContextValue::Ip(address)));
    /// ```
    pub fn set_ip(&mut self, key: impl Into<Cow<'a, str>>, address: IpAddr) -> &mut Self {
        self.set_value(key, ContextValue::Ip(address))
    }

    /// Sets a key to any kind of value, replacing an earlier value of that key.
    ///
    /// ```
    /// use rolecall_policy::{Context, ContextValue};
    ///
    /// let mut context = Context::new();
    /// context.set_value("ecs:task-cpu", ContextValue::Int(256));
    /// assert_eq!(context.get("ecs:task-cpu"), Some(&ContextValue::Int(256)));
    /// ```
    pub fn set_value(
        &mut self,
        key: impl Into<Cow<'a, str>>,
        value: ContextValue<'a>,
    ) -> &mut Self {
        let key = key.into();
        match self
            .entries
            .iter_mut()
            .find(|(name, _)| name.eq_ignore_ascii_case(&key))
        {
            Some(entry) => entry.1 = value,
            None => self.entries.push((key, value)),
        }
        self
    }

    /// The value of a key, whatever the case of its letters.
    ///
    /// ```
    /// let mut context = rolecall_policy::Context::new();
    /// context.set("aws:RequestedRegion", "us-east-1");
    /// assert!(context.get("AWS:requestedregion").is_some());
    /// assert!(context.get("aws:SourceIp").is_none());
    /// ```
    pub fn get(&self, key: &str) -> Option<&ContextValue<'a>> {
        let mine = self
            .entries
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(key));
        match (mine, self.parent) {
            (Some((_, value)), _) => Some(value),
            (None, Some(parent)) => parent.get(key),
            (None, None) => None,
        }
    }

    /// Every key with its value: what was set here, then what is inherited and not hidden.
    ///
    /// ```
    /// let mut shared = rolecall_policy::Context::new();
    /// shared.set("a:x", "1").set("a:y", "2");
    /// let mut own = shared.child();
    /// own.set("A:X", "3");
    /// let names: Vec<&str> = own.iter().map(|(name, _)| name).collect();
    /// assert_eq!(names, ["A:X", "a:y"]);
    /// ```
    pub fn iter(&self) -> impl Iterator<Item = (&str, &ContextValue<'a>)> {
        let own = self
            .entries
            .iter()
            .map(|(name, value)| (name.as_ref(), value));
        let mut inherited = Vec::new();
        let mut next = self.parent;
        while let Some(context) = next {
            for (name, value) in &context.entries {
                let hidden = |(seen, _): &(&str, _)| seen.eq_ignore_ascii_case(name);
                let own_hides = self
                    .entries
                    .iter()
                    .any(|(n, _)| n.eq_ignore_ascii_case(name));
                if !own_hides && !inherited.iter().any(hidden) {
                    inherited.push((name.as_ref(), value));
                }
            }
            next = context.parent;
        }
        own.chain(inherited)
    }
}
