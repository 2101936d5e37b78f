//! Every built operation with its example: denied without a policy, passing with the exact one,
//! denied again when anything of it is missing, elsewhere, otherwise conditioned, or denied.

use rolecall_api::{Service, Value};
use rolecall_base::AwsError;
use rolecall_op::{Access, AccessCheck, Built};

use crate::house::{Answer, Folder, House, ROOT_KEY, WALKER_KEY, input, service};
use crate::policies::{
    denial, document, is_covered_by_another, on_another_resource, statement, with_another_value,
};
use crate::sample::tagged;

/// Operations on which no policy has an effect.
///
/// Source: STS API Reference, `GetCallerIdentity` and `GetSessionToken`.
const FOR_ANY_SIGNED_CALLER: &[&str] = &["sts:GetCallerIdentity", "sts:GetSessionToken"];
/// Operations that a resource's own policy must allow; `trust.rs` is about them.
const TRUSTED: &[&str] = &["sts:AssumeRole"];
/// Operations whose caller is whoever a provider's token speaks of, and not who signs: the tests
/// of `sts` are about them, with real tokens. No example has one.
const VOUCHED: &[&str] = &["sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity"];

/// Operations of the management account of an organization, and of no root user: in the one account
/// of a house nobody may call them. The tests of `organizations` are about who may.
pub(crate) const OF_MANAGEMENT: &[&str] = &["sts:AssumeRoot"];

/// One call to walk: an operation and an input of it.
pub(crate) struct Step {
    pub(crate) built: Built,
    pub(crate) service: &'static Service,
    pub(crate) input: Value,
    pub(crate) what: String,
}

impl Step {
    pub(crate) async fn run(&self, house: &House, key: &str) -> Answer {
        house
            .call(key, self.service, self.built.name, &self.input)
            .await
    }

    pub(crate) fn name(&self) -> String {
        format!("{}:{}", self.built.service, self.built.name)
    }
}

/// Every built operation with its example, and with tags where its example has none.
pub(crate) fn steps() -> Vec<Step> {
    let mut steps = Vec::new();
    for built in rolecall::operations().iter() {
        let service = service(built.service);
        let example = input(service, built.name, built.example);
        let shape = service.operation(built.name).unwrap().input;
        let with_tags = shape.and_then(|id| tagged(service, id, &example));
        let mut step = |input: Value, what: &str| {
            let what = format!("{}:{} ({what})", built.service, built.name);
            steps.push(Step {
                built: *built,
                service,
                input,
                what,
            });
        };
        if let Some(with_tags) = with_tags.filter(|input| *input != example) {
            step(with_tags, "its example, tagged");
        }
        step(example, "its example");
    }
    steps
}

/// A house in which root has made what the examples are about.
pub(crate) async fn furnished(folder: &Folder) -> House {
    const MAKING: &[&str] = &[
        "Create", "Register", "Put", "Set", "Attach", "Tag", "Run", "Add",
    ];
    let house = House::new(folder).await;
    // Twice, since what one makes another may need.
    for _ in 0..2 {
        for step in steps() {
            if MAKING.iter().any(|verb| step.built.name.starts_with(verb)) {
                let _ = step.run(&house, ROOT_KEY).await;
            }
        }
    }
    // A repository's policy may allow what the caller's own does not.
    let ecr = service("ecr");
    let repository = input(
        ecr,
        "DeleteRepositoryPolicy",
        r#"{"repositoryName":"team/app"}"#,
    );
    house
        .call(ROOT_KEY, ecr, "DeleteRepositoryPolicy", &repository)
        .await
        .unwrap();
    house
}

fn is_denial(error: &AwsError) -> bool {
    matches!(&*error.code, "AccessDenied" | "AccessDeniedException")
}

/// What a denial of `check` must look like, `why` being what follows the resource.
fn expected(step: &Step, check: &AccessCheck, why: &str) -> (String, u16, String) {
    let query = step
        .service
        .protocols
        .contains(&rolecall_api::Protocol::AwsQuery);
    let (code, status) = if query {
        ("AccessDenied", 403)
    } else {
        ("AccessDeniedException", 400)
    };
    let refusal = check.refusal("arn:aws:iam::123456789012:user/walker");
    let message = format!("{refusal}{why}");
    (code.to_owned(), status, message)
}

fn unless_denied(step: &Step, check: &AccessCheck, why: &str, answer: Answer) -> Option<String> {
    let wanted = expected(step, check, why);
    match answer {
        Err(error) => {
            let got = (error.code.to_string(), error.status, error.message.clone());
            (got != wanted)
                .then(|| format!("{}:\n  got    {got:?}\n  wanted {wanted:?}", step.what))
        }
        Ok(_) => Some(format!("{}: passed; wanted {wanted:?}", step.what)),
    }
}

fn unless_passed(step: &Step, answer: &Answer) -> Option<String> {
    match answer {
        Err(error) if is_denial(error) || error.status >= 500 => {
            Some(format!("{}: {} {}", step.what, error.code, error.message))
        }
        _ => None,
    }
}

fn implicit(check: &AccessCheck) -> String {
    format!(
        " because no identity-based policy allows the {} action",
        check.action
    )
}

const EXPLICIT: &str = " with an explicit deny in an identity-based policy";

/// The checks of a step that the caller's own policies decide; none for the others, which are
/// looked at here as far as they can be.
async fn checks(house: &House, step: &Step, problems: &mut Vec<String>) -> Vec<AccessCheck> {
    if VOUCHED.contains(&&*step.name()) {
        if step.run(house, WALKER_KEY).await.is_ok() {
            problems.push(format!("{}: passes without a token", step.what));
        }
        return Vec::new();
    }
    let caller = house.policy(None).await;
    match house.declared(&step.built, &caller, &step.input) {
        Err(error) => {
            problems.push(format!("{}: no decision but {error}", step.what));
            Vec::new()
        }
        Ok(Access::AnySignedCaller) => {
            if !FOR_ANY_SIGNED_CALLER.contains(&&*step.name()) {
                problems.push(format!("{}: is free for any caller", step.what));
            }
            let all = serde_json::json!({ "Effect": "Deny", "Action": "*", "Resource": "*" });
            house.policy(Some(&document(&[all]))).await;
            problems.extend(unless_passed(step, &step.run(house, WALKER_KEY).await));
            Vec::new()
        }
        Ok(Access::Checks(checks)) if checks.iter().any(|check| check.policy_must_allow) => {
            if !TRUSTED.contains(&&*step.name()) {
                problems.push(format!("{}: has a check of a trust policy", step.what));
            }
            let answer = step.run(house, WALKER_KEY).await;
            problems.extend(unless_denied(step, &checks[0], "", answer));
            Vec::new()
        }
        Ok(Access::Checks(checks)) => {
            if checks.is_empty() {
                problems.push(format!("{}: declares nothing", step.what));
            }
            checks
        }
    }
}

/// Everything that must be denied. Nothing is done, so one house serves all of it.
/// Whether a check knew the tags of a resource.
async fn denials(house: &House, step: &Step, problems: &mut Vec<String>) -> bool {
    let checks = checks(house, step, problems).await;
    let Some(first) = checks.first() else {
        return false;
    };
    house.policy(None).await;
    let answer = step.run(house, WALKER_KEY).await;
    problems.extend(unless_denied(step, first, &implicit(first), answer));
    let exact: Vec<_> = checks.iter().map(statement).collect();
    for (n, check) in checks.iter().enumerate() {
        let mut denied = exact.clone();
        denied.push(denial(check));
        house.policy(Some(&document(&denied))).await;
        let answer = step.run(house, WALKER_KEY).await;
        // A Deny of one check may meet an earlier one of the same action and resource.
        problems.extend(unless_denied(step, check, EXPLICIT, answer));
        if is_covered_by_another(&checks, n) {
            continue;
        }
        let mut variants = Vec::new();
        let mut without = exact.clone();
        without.remove(n);
        variants.push(("lacks it", without));
        if check.resource != "*" {
            let mut elsewhere = exact.clone();
            elsewhere[n] = on_another_resource(check);
            variants.push(("allows it elsewhere", elsewhere));
        }
        for k in 0..check.keys.len() {
            let mut otherwise = exact.clone();
            otherwise[n] = with_another_value(check, k);
            variants.push(("allows it with another value of a key", otherwise));
        }
        for (what, statements) in variants {
            house.policy(Some(&document(&statements))).await;
            let answer = step.run(house, WALKER_KEY).await;
            let problem = unless_denied(step, check, &implicit(check), answer);
            problems.extend(problem.map(|text| format!("the policy {what}: {text}")));
        }
    }
    let mut keys = checks.iter().flat_map(|check| &check.keys);
    keys.any(|key| key.name.starts_with("aws:ResourceTag/"))
}

fn assert_none(problems: &[String]) {
    assert!(
        problems.is_empty(),
        "{} problems:\n{}",
        problems.len(),
        problems.join("\n")
    );
}

#[tokio::test]
async fn each_operation_is_denied_without_exactly_what_it_asks_for() {
    let folder = Folder::new().await;
    let house = House::new(&folder).await;
    let mut problems = Vec::new();
    for step in steps() {
        denials(&house, &step, &mut problems).await;
    }
    assert_none(&problems);
}

#[tokio::test]
async fn it_is_the_same_where_the_resources_exist() {
    let folder = Folder::new().await;
    let house = furnished(&folder).await;
    let mut problems = Vec::new();
    let mut with_tags = 0;
    for step in steps() {
        with_tags += usize::from(denials(&house, &step, &mut problems).await);
    }
    assert_none(&problems);
    assert!(
        with_tags > 100,
        "only {with_tags} found the resource that root made"
    );
}

#[tokio::test]
async fn each_operation_passes_with_exactly_what_it_asks_for() {
    let folder = Folder::new().await;
    let mut problems = Vec::new();
    for step in steps() {
        let house = House::new(&folder).await;
        let checks = checks(&house, &step, &mut problems).await;
        if checks.is_empty() || OF_MANAGEMENT.contains(&&*step.name()) {
            continue;
        }
        let exact: Vec<_> = checks.iter().map(statement).collect();
        house.policy(Some(&document(&exact))).await;
        let answer = step.run(&house, WALKER_KEY).await;
        problems.extend(unless_passed(&step, &answer));
    }
    assert_none(&problems);
}

#[tokio::test]
async fn root_needs_no_policy_but_for_what_root_may_not_do() {
    let folder = Folder::new().await;
    let mut problems = Vec::new();
    for step in steps() {
        if TRUSTED.contains(&&*step.name()) || OF_MANAGEMENT.contains(&&*step.name()) {
            continue;
        }
        let house = House::new(&folder).await;
        problems.extend(unless_passed(&step, &step.run(&house, ROOT_KEY).await));
    }
    assert_none(&problems);
}

#[tokio::test]
async fn a_refused_caller_does_not_learn_what_there_is() {
    let folder = Folder::new().await;
    let (empty, full) = (House::new(&folder).await, furnished(&folder).await);
    full.policy(None).await;
    let mut compared = 0;
    for step in steps() {
        if FOR_ANY_SIGNED_CALLER.contains(&&*step.name()) {
            continue;
        }
        let without = step.run(&empty, WALKER_KEY).await.unwrap_err();
        let with = step.run(&full, WALKER_KEY).await.unwrap_err();
        let told = |error: &AwsError| (error.code.clone(), error.status, error.message.clone());
        assert_eq!(told(&without), told(&with), "{}", step.what);
        compared += 1;
    }
    assert!(compared > 140, "{compared}");
}
