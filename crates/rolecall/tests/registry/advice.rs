//! What is proposed for every built operation: for a denial, what makes it pass; for what was done,
//! a policy under which all of it passes and no other action does.

use std::collections::BTreeSet;

use rolecall_advise::Observation;
use rolecall_advise::generate::{Limit, Options, generate};
use rolecall_op::{Access, AccessCheck};
use serde_json::Value as Json;

use crate::house::{Answer, Folder, House, WALKER_KEY};
use crate::policies::document;
use crate::walk::{OF_MANAGEMENT, Step, steps};

/// More permissions than any one call needs.
const MANY: usize = 16;

fn is_denied(answer: &Answer) -> bool {
    matches!(answer, Err(error) if error.code.starts_with("AccessDenied"))
}

/// What the caller's own policies must allow for a step; nothing if others decide.
async fn own_checks(house: &House, step: &Step) -> Vec<AccessCheck> {
    if OF_MANAGEMENT.contains(&&*step.name()) {
        return Vec::new();
    }
    let caller = house.policy(None).await;
    match house.declared(&step.built, &caller, &step.input) {
        Ok(Access::Checks(checks)) if !checks.iter().any(|check| check.policy_must_allow) => checks,
        _ => Vec::new(),
    }
}

/// Adds to a policy what is proposed until the step passes; the statements.
async fn healed(house: &House, step: &Step) -> Option<Vec<Json>> {
    let mut statements: Vec<Json> = Vec::new();
    house.policy(None).await;
    for _ in 0..MANY {
        if !is_denied(&step.run(house, WALKER_KEY).await) {
            return Some(statements);
        }
        let denial = house.world.pipeline.audit().denials().pop()?;
        for remedy in &denial.remedies {
            assert_eq!(remedy.layer, "identity-based policy", "{}", step.what);
            statements.push(serde_json::from_str(&remedy.statement).ok()?);
        }
        house.policy(Some(&document(&statements))).await;
    }
    None
}

#[tokio::test]
async fn what_is_proposed_for_a_denial_makes_the_call_pass() {
    let folder = Folder::new().await;
    let mut problems = Vec::new();
    let mut count = 0;
    for step in steps() {
        let house = House::new(&folder).await;
        let checks = own_checks(&house, &step).await;
        if checks.is_empty() {
            continue;
        }
        let Some(statements) = healed(&house, &step).await else {
            problems.push(step.what.clone());
            continue;
        };
        // Nothing but what was asked for.
        let asked: BTreeSet<(&str, &str)> = checks
            .iter()
            .map(|check| (check.action, check.resource.as_str()))
            .collect();
        let given: BTreeSet<(&str, &str)> = statements
            .iter()
            .filter_map(|s| Some((s["Action"].as_str()?, s["Resource"].as_str()?)))
            .collect();
        if !given.is_subset(&asked) {
            problems.push(format!("{}: {given:?} for {asked:?}", step.what));
        }
        count += 1;
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    assert!(count > 200, "{count}");
}

fn observation(check: &AccessCheck) -> Observation {
    Observation {
        action: check.action.to_owned(),
        resource: check.resource.clone(),
        keys: check
            .keys
            .iter()
            .map(|key| (key.name.clone(), key.values.clone()))
            .collect(),
        allowed: true,
    }
}

/// The one policy for what these steps ask for.
fn policy_for(observations: &[Observation]) -> String {
    let options = Options {
        limit: Limit {
            characters: usize::MAX,
            policies: 1,
        },
        ..Options::default()
    };
    let generated = generate(observations, &options).unwrap();
    assert!(generated.widened.is_empty());
    generated.policies[0].json().to_string()
}

#[tokio::test]
async fn a_generated_policy_allows_what_was_done_and_no_other_action() {
    let folder = Folder::new().await;
    let house = House::new(&folder).await;
    let mut asked = Vec::new();
    for step in steps() {
        let checks = own_checks(&house, &step).await;
        if !checks.is_empty() {
            asked.push((step, checks));
        }
    }
    let all: Vec<Observation> = asked.iter().flat_map(|(_, c)| c).map(observation).collect();
    let everything = policy_for(&all);
    let half: Vec<Observation> = asked
        .iter()
        .step_by(2)
        .flat_map(|(_, checks)| checks)
        .map(observation)
        .collect();
    let some = policy_for(&half);
    let done: BTreeSet<&str> = half.iter().map(|o| o.action.as_str()).collect();
    let mut problems = Vec::new();
    let mut denied = 0;
    for (step, checks) in &asked {
        let house = House::new(&folder).await;
        // What was never done is denied under the policy for the others.
        if checks.iter().any(|check| !done.contains(check.action)) {
            house.policy(Some(&some)).await;
            if is_denied(&step.run(&house, WALKER_KEY).await) {
                denied += 1;
            } else {
                problems.push(format!("{}: passes and was not seen", step.what));
            }
        }
        house.policy(Some(&everything)).await;
        if is_denied(&step.run(&house, WALKER_KEY).await) {
            problems.push(format!("{}: is denied and was seen", step.what));
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    assert!(denied > 50, "{denied}");
}
