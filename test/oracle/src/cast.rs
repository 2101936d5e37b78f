//! The callers of the cases.

/// Who can ask.
#[derive(Debug, Clone, Copy)]
pub struct Caller {
    /// What a case calls it.
    pub name: &'static str,
    /// `user`, `root`, `role`, `federated`, `provider`, `service` or `anonymous`.
    pub kind: &'static str,
    /// The account, or nothing.
    pub account: &'static str,
    /// The ARN; of a service its name, of a provider its ARN or domain.
    pub arn: &'static str,
    /// The role or user behind a session.
    pub issuer: &'static str,
    /// The unique id.
    pub id: &'static str,
    /// The name of the session.
    pub session: &'static str,
}

const HERE: &str = "123456789012";
const THERE: &str = "999988887777";

const NOBODY: Caller = Caller {
    name: "anonymous",
    kind: "anonymous",
    account: "",
    arn: "",
    issuer: "",
    id: "",
    session: "",
};

/// All of them.
pub const CAST: &[Caller] = &[
    Caller {
        name: "alice",
        kind: "user",
        account: HERE,
        arn: "arn:aws:iam::123456789012:user/alice",
        id: "AIDAALICEEXAMPLE0001",
        ..NOBODY
    },
    Caller {
        name: "pat",
        kind: "user",
        account: HERE,
        arn: "arn:aws:iam::123456789012:user/division/abc/pat",
        id: "AIDAPATEXAMPLE000001",
        ..NOBODY
    },
    Caller {
        name: "zoe",
        kind: "user",
        account: THERE,
        arn: "arn:aws:iam::999988887777:user/zoe",
        id: "AIDAZOEEXAMPLE000001",
        ..NOBODY
    },
    Caller {
        name: "root",
        kind: "root",
        account: HERE,
        arn: "arn:aws:iam::123456789012:root",
        id: HERE,
        ..NOBODY
    },
    Caller {
        name: "zoe-root",
        kind: "root",
        account: THERE,
        arn: "arn:aws:iam::999988887777:root",
        id: THERE,
        ..NOBODY
    },
    Caller {
        name: "deploy",
        kind: "role",
        account: HERE,
        arn: "arn:aws:sts::123456789012:assumed-role/deploy/s1",
        issuer: "arn:aws:iam::123456789012:role/team/deploy",
        id: "AROADEPLOYEXAMPLE001",
        session: "s1",
    },
    Caller {
        name: "visitor",
        kind: "role",
        account: THERE,
        arn: "arn:aws:sts::999988887777:assumed-role/visitor/s2",
        issuer: "arn:aws:iam::999988887777:role/visitor",
        id: "AROAVISITOREXAMPLE01",
        session: "s2",
    },
    Caller {
        name: "linked",
        kind: "role",
        account: HERE,
        arn: "arn:aws:sts::123456789012:assumed-role/AWSServiceRoleForECS/s1",
        issuer: "arn:aws:iam::123456789012:role/aws-service-role/ecs.amazonaws.com/\
                 AWSServiceRoleForECS",
        id: "AROALINKEDEXAMPLE001",
        session: "s1",
    },
    Caller {
        name: "carol",
        kind: "federated",
        account: HERE,
        arn: "arn:aws:sts::123456789012:federated-user/carol",
        issuer: "arn:aws:iam::123456789012:user/alice",
        id: "AIDAALICEEXAMPLE0001",
        session: "carol",
    },
    Caller {
        name: "google",
        kind: "provider",
        arn: "accounts.google.com",
        ..NOBODY
    },
    Caller {
        name: "saml",
        kind: "provider",
        arn: "arn:aws:iam::123456789012:saml-provider/corp",
        ..NOBODY
    },
    Caller {
        name: "ecs-tasks",
        kind: "service",
        arn: "ecs-tasks.amazonaws.com",
        ..NOBODY
    },
    NOBODY,
];

/// The caller of a name.
pub fn find(name: &str) -> Option<&'static Caller> {
    CAST.iter().find(|caller| caller.name == name)
}
