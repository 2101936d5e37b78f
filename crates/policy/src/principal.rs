//! Who makes a request.

/// What kind of caller a [`Principal`] is.
///
/// ```
/// use rolecall_policy::{Principal, PrincipalKind};
///
/// assert_eq!(Principal::anonymous().kind, PrincipalKind::Anonymous);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PrincipalKind {
    /// The root user of an account.
    Root,
    /// An IAM user, with long-term keys or a `GetSessionToken` session.
    User,
    /// A session of a role (`AssumeRole` and its variants).
    AssumedRole,
    /// A session made with `GetFederationToken`.
    FederatedUser,
    /// A caller of `AssumeRoleWithSAML` or `AssumeRoleWithWebIdentity`, known by its provider.
    Federated,
    /// An AWS service acting for itself, such as `ecs-tasks.amazonaws.com`.
    Service,
    /// Nobody: an unsigned request.
    Anonymous,
}

/// Who makes a request. All fields borrow, so that one can be made for each request for nothing.
///
/// ```
/// use rolecall_policy::Principal;
///
/// let service = Principal::service("ecs-tasks.amazonaws.com");
/// assert_eq!(service.service, Some("ecs-tasks.amazonaws.com"));
/// assert!(service.account.is_empty() && service.arn.is_empty());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Principal<'a> {
    /// What kind of caller this is.
    pub kind: PrincipalKind,
    /// The 12-digit account the caller belongs to; empty for services and anonymous callers.
    pub account: &'a str,
    /// The caller's ARN: user, root, assumed-role session or federated-user session; for
    /// [`PrincipalKind::Federated`] the provider's ARN or domain; empty for services and anonymous.
    pub arn: &'a str,
    /// The ARN behind a session: the role of a role session, the user of a federated-user session.
    pub issuer_arn: Option<&'a str>,
    /// The unique id: `AIDA...` of a user or of the user behind a federated session, `AROA...` of
    /// the role of a session, the account id of root; empty when there is none.
    pub unique_id: &'a str,
    /// The name of the session, of role and federated-user sessions.
    pub session_name: Option<&'a str>,
    /// The service's name, of [`PrincipalKind::Service`].
    pub service: Option<&'a str>,
}

impl<'a> Principal<'a> {
    const NOBODY: Principal<'static> = Principal {
        kind: PrincipalKind::Anonymous,
        account: "",
        arn: "",
        issuer_arn: None,
        unique_id: "",
        session_name: None,
        service: None,
    };

    /// The root user of `account`; `arn` is `arn:aws:iam::<account>:root`.
    ///
    /// ```
    /// use rolecall_policy::{Principal, PrincipalKind};
    ///
    /// let root = Principal::root("123456789012", "arn:aws:iam::123456789012:root");
    /// assert_eq!((root.kind, root.unique_id), (PrincipalKind::Root, "123456789012"));
    /// ```
    pub const fn root(account: &'a str, arn: &'a str) -> Self {
        Self {
            kind: PrincipalKind::Root,
            account,
            arn,
            unique_id: account,
            ..Self::NOBODY
        }
    }

    /// An IAM user; `unique_id` is its `AIDA...` id.
    ///
    /// ```
    /// use rolecall_policy::{Principal, PrincipalKind};
    ///
    /// let arn = "arn:aws:iam::123456789012:user/alice";
    /// let user = Principal::user("123456789012", arn, "AIDAEXAMPLE");
    /// assert_eq!((user.kind, user.arn), (PrincipalKind::User, arn));
    /// ```
    pub const fn user(account: &'a str, arn: &'a str, unique_id: &'a str) -> Self {
        Self {
            kind: PrincipalKind::User,
            account,
            arn,
            unique_id,
            ..Self::NOBODY
        }
    }

    /// A role session: `arn` is the `assumed-role` ARN, `role_id` the role's `AROA...` id.
    ///
    /// ```
    /// use rolecall_policy::{Principal, PrincipalKind};
    ///
    /// let session = Principal::role_session(
    ///     "123456789012",
    ///     "arn:aws:sts::123456789012:assumed-role/deploy/ci",
    ///     "arn:aws:iam::123456789012:role/team/deploy",
    ///     "AROAEXAMPLE",
    ///     "ci",
    /// );
    /// assert_eq!(session.kind, PrincipalKind::AssumedRole);
    /// assert_eq!(session.issuer_arn, Some("arn:aws:iam::123456789012:role/team/deploy"));
    /// ```
    pub const fn role_session(
        account: &'a str,
        arn: &'a str,
        role_arn: &'a str,
        role_id: &'a str,
        session_name: &'a str,
    ) -> Self {
        Self {
            kind: PrincipalKind::AssumedRole,
            account,
            arn,
            issuer_arn: Some(role_arn),
            unique_id: role_id,
            session_name: Some(session_name),
            ..Self::NOBODY
        }
    }

    /// A `GetFederationToken` session of the user `user_arn` (`AIDA...` id `user_id`); `arn` is the
    /// `federated-user` ARN.
    ///
    /// ```
    /// use rolecall_policy::{Principal, PrincipalKind};
    ///
    /// let session = Principal::federated_user(
    ///     "123456789012",
    ///     "arn:aws:sts::123456789012:federated-user/carol",
    ///     "arn:aws:iam::123456789012:user/alice",
    ///     "AIDAEXAMPLE",
    ///     "carol",
    /// );
    /// assert_eq!((session.kind, session.session_name), (PrincipalKind::FederatedUser, Some("carol")));
    /// ```
    pub const fn federated_user(
        account: &'a str,
        arn: &'a str,
        user_arn: &'a str,
        user_id: &'a str,
        session_name: &'a str,
    ) -> Self {
        Self {
            kind: PrincipalKind::FederatedUser,
            account,
            arn,
            issuer_arn: Some(user_arn),
            unique_id: user_id,
            session_name: Some(session_name),
            ..Self::NOBODY
        }
    }

    /// A caller that an identity provider vouches for: a provider ARN, or a domain such as
    /// `accounts.google.com`.
    ///
    /// ```
    /// use rolecall_policy::{Principal, PrincipalKind};
    ///
    /// let google = Principal::federated("accounts.google.com");
    /// assert_eq!((google.kind, google.arn), (PrincipalKind::Federated, "accounts.google.com"));
    /// ```
    pub const fn federated(provider: &'a str) -> Self {
        Self {
            kind: PrincipalKind::Federated,
            arn: provider,
            ..Self::NOBODY
        }
    }

    /// An AWS service, by its principal name.
    ///
    /// ```
    /// use rolecall_policy::{Principal, PrincipalKind};
    ///
    /// let service = Principal::service("ecs-tasks.amazonaws.com");
    /// assert_eq!(service.kind, PrincipalKind::Service);
    /// ```
    pub const fn service(name: &'a str) -> Self {
        Self {
            kind: PrincipalKind::Service,
            service: Some(name),
            ..Self::NOBODY
        }
    }

    /// An unsigned request.
    ///
    /// ```
    /// use rolecall_policy::{Principal, PrincipalKind};
    ///
    /// assert_eq!(Principal::anonymous().kind, PrincipalKind::Anonymous);
    /// ```
    pub const fn anonymous() -> Self {
        Self::NOBODY
    }
}
