//! Choices made where AWS documentation is silent or contradicts itself.
//!
//! This is the one list; `docs/decisions/0002-iam-adjudications.md` is its short form. Each is held
//! by a case in `tests/cases/adjudications.json` or a unit test. Where the choice is free, it is
//! the one that denies.
//!
//! # Evaluation
//!
//! - **A session named directly, session policy silent: Allow.** The User Guide says that a policy
//!   naming a role session or federated-user session is not limited by an implicit deny in identity
//!   policy, boundary or session policy.
//! - **`"Principal": "*"` in a resource's policy, boundary silent, same account: Allow**, as for a
//!   principal that is named directly.
//! - **A resource's policy naming the user behind a federated-user session** counts as naming a
//!   role does: boundary and session policy still limit.
//! - **The root user is named by its account** (`:root` or the id) as a user is by its ARN: where a
//!   policy must allow explicitly (trust, KMS), root needs no identity policy, having none.
//! - **Across accounts the caller's side is reported first**, because a caller that lacks both
//!   Allows is told of its identity policies.
//! - **Several explicit denies: the first in evaluation order is reported** (resource control,
//!   service control, resource, identity, boundary, session). AWS reports one and does not say
//!   which.
//! - **Resource control policies only deny.** `RCPFullAWSAccess` can't be detached, so an Allow is
//!   never missing. They deny what they name also in services for which AWS does not apply them.
//! - **A service that assumes its service-linked role** is not limited by resource control
//!   policies, as the Organizations User Guide says; other callers of that role are.
//! - **Service principals, providers' users and anonymous callers** have no identity policies: they
//!   need an Allow of the resource's policy. SCPs do not apply to them; `"*"` includes them.
//! - **`sts:GetCallerIdentity` and `sts:GetSessionToken`** are allowed whatever the policies say.
//!
//! # `NotPrincipal`
//!
//! - **With Deny, a caller is excepted only if it is named in full**: a user by its ARN and its
//!   account; a role session by its session ARN, its role's ARN and its account. The User Guide
//!   says that each "must also" be specified.
//!   A federated-user session is named in full by its ARN and its account.
//! - **With Deny, users and roles that have a boundary are never excepted**, as the User Guide
//!   warns; nor are the federated-user sessions of such users.
//! - **`NotPrincipal` of everyone (`"*"`) with Deny** denies nobody: it says so.
//! - **With Allow, whoever is named in any way is left out**; everyone else counts as named
//!   directly.
//!
//! # Matching
//!
//! - **A `*` at the end of any ARN segment of a Resource expands beyond colons**, also in the
//!   middle of the ARN, as the User Guide says; any other wildcard in the first five segments stays
//!   inside its own.
//! - **Short ARNs** (fewer than six segments) are padded with `*` segments in identity and session
//!   policies and boundaries; elsewhere they match only through a wildcard at their end. SCPs
//!   without one, and all in RCPs, are refused.
//! - **A variable before the fifth colon of a Resource is plain text**, so the pattern matches
//!   nothing.
//! - **Wildcard characters in the value of a variable are plain characters.**
//! - **A variable of a multivalued key has no value** unless the key has exactly one.
//! - **A variable without a value and default makes its pattern match nothing**, also in
//!   `NotResource`.
//! - **`${...}` that is not a well-formed variable is plain text.** White space around the key and
//!   its absence after the comma do no harm: `${ key}`, `${key,'x'}`.
//! - **Variables are replaced in `Bool` too**; one table of the User Guide says so and another does
//!   not.
//! - **A request for `*`** (an action without resource types) is matched by the pattern `*` and by
//!   `NotResource` with specific ARNs, not by a specific ARN.
//! - **A statement without Resource in a resource's policy** (as ECR's) is about that resource.
//!
//! # Conditions
//!
//! - **A multivalued key under an operator without `ForAllValues`/`ForAnyValue`** counts as
//!   `ForAnyValue`; if the operator is negated, none of the values may match.
//! - **`ForAnyValue` is false for an absent key**, with `IfExists` and with negated operators too;
//!   `ForAllValues` is true. (One table of the User Guide, of `ForAllValues:StringNotLike`, has it
//!   otherwise; its other rows contradict the text as well.)
//! - **An empty list counts as an absent key.** An empty string, or several, do so only under
//!   `ForAllValues` and `ForAnyValue`, where the User Guide calls it a "null dataset".
//! - **A qualifier before `Null`** (`ForAnyValue:Null`) changes nothing: it asks about the key.
//! - **A value that its operator can't read** (`NumericEquals` with a word, `Bool` with neither
//!   true nor false, `ArnLike` with fewer than six parts) equals nothing, on either side.
//! - **A date that the calendar does not have** (February 30th) is none, and is refused on write.
//!   One without a zone is UTC; `t` and `z` may be small.
//! - **Numbers** may have a sign, an exponent, and no digit on one side of the point (`+5`, `1e2`,
//!   `.5`); they are compared exactly. The letter case of `true` and `false` does not matter.
//! - **An IPv4-mapped IPv6 address** (`::ffff:192.0.2.1`) is the IPv4 address, in the policy (with
//!   a prefix of at least 96 bits) as in the request.
//! - **A lone `*` under `ArnLike`** matches every value, though it is no ARN.
//! - **`aws:PrincipalTag` and other tag keys** are compared without regard to letter case in the
//!   key.
//!
//! # Writing
//!
//! - **`Version`**: managed policies must say 2012-10-17. All others may say 2008-10-17, or
//!   nothing, which means the same. Another string is a syntax error.
//! - **`Id` is accepted in every kind of policy.**
//! - **A statement without `Principal`** in a resource's, trust or resource control policy is
//!   refused on write. One that is loaded all the same allows nobody and denies everyone.
//! - **The bare `"Principal": "*"` is refused in trust policies**, as `CreateRole` does; `{"AWS":
//!   "*"}` is accepted.
//! - **Element and operator names are case-sensitive.** A duplicate key is a syntax error.
//! - **Service and resource control policies must have the `Version` 2012-10-17**, as the text of
//!   the Organizations User Guide says; its examples leave it out.
//! - **Resource control policies** can only deny, name services without a wildcard, and have the
//!   bare `"Principal": "*"`; no `NotAction`, no `NotPrincipal`.
//! - **Not recorded from AWS**: the messages for `NotPrincipal` in a trust policy and for a missing
//!   `Principal` there, and all messages of SCPs and RCPs.
//!
//! # Messages
//!
//! - **STS gives no reason when a trust policy does not allow** (an explicit deny does get one).
//! - **"a session policy"**, not "a sessions policy", which the User Guide has in one place.
