//! The plan by example, and what holds of every plan.

use proptest::prelude::*;

use super::*;

fn container(name: &str) -> PlanContainer {
    PlanContainer {
        name: name.to_owned(),
        essential: true,
        depends_on: Vec::new(),
        start_timeout_ms: None,
        stop_timeout_ms: 30_000,
        restart: None,
        phase: Phase::Waiting,
        started_at_ms: None,
        health: Health::Unknown,
        signalled_at_ms: None,
        killed: false,
    }
}

fn waits(name: &str, on: &str, condition: Condition) -> PlanContainer {
    PlanContainer {
        depends_on: vec![(on.to_owned(), condition)],
        ..container(name)
    }
}

fn running(c: PlanContainer) -> PlanContainer {
    PlanContainer {
        phase: Phase::Running,
        started_at_ms: Some(1_000),
        ..c
    }
}

fn exited(c: PlanContainer, code: i32) -> PlanContainer {
    let phase = Phase::Exited { code, at_ms: 5_000 };
    PlanContainer {
        phase,
        started_at_ms: Some(1_000),
        ..c
    }
}

fn side(c: PlanContainer) -> PlanContainer {
    PlanContainer {
        essential: false,
        ..c
    }
}

fn run(containers: &[PlanContainer], now_ms: i64) -> Plan {
    plan(DesiredStatus::Running, containers, now_ms)
}

fn begin(name: &str) -> Action {
    Action::Start(name.to_owned())
}

#[test]
fn containers_without_dependencies_start_at_once() {
    let plan = run(&[container("a"), container("b")], 0);
    assert_eq!(plan.actions, [begin("a"), begin("b")]);
    assert_eq!((plan.status, plan.stopping), (Status::Pending, false));
    let plan = run(&[running(container("a")), running(container("b"))], 0);
    assert_eq!((plan.actions.len(), plan.status), (0, Status::Running));
}

#[test]
fn conditions_hold_back_and_let_go() {
    let cases = [
        (Condition::Start, container("d"), None),
        (Condition::Start, running(container("d")), Some(true)),
        (Condition::Complete, running(container("d")), None),
        (Condition::Complete, exited(container("d"), 3), Some(true)),
        (Condition::Success, exited(container("d"), 0), Some(true)),
        (Condition::Success, exited(container("d"), 3), Some(false)),
        (Condition::Healthy, running(container("d")), None),
        (Condition::Healthy, exited(container("d"), 0), Some(false)),
    ];
    for (condition, dependency, outcome) in cases {
        let seen = format!("{condition:?} {dependency:?}");
        let plan = run(&[side(dependency), waits("t", "d", condition)], 6_000);
        let starts = plan.actions.contains(&begin("t"));
        let gives_up = plan
            .actions
            .iter()
            .any(|a| matches!(a, Action::GiveUp { .. }));
        assert_eq!(
            (starts, gives_up),
            (outcome == Some(true), outcome == Some(false)),
            "{seen}"
        );
    }
    let healthy = PlanContainer {
        health: Health::Healthy,
        ..running(container("d"))
    };
    let plan = run(&[healthy, waits("t", "d", Condition::Healthy)], 0);
    assert_eq!(plan.actions, [begin("t")]);
}

#[test]
fn a_dependency_that_takes_too_long_is_given_up_in_the_agents_words() {
    let slow = PlanContainer {
        start_timeout_ms: Some(2_000),
        ..running(container("d"))
    };
    let both = [slow, waits("t", "d", Condition::Healthy)];
    assert_eq!(run(&both, 2_999).wake_at_ms, Some(3_000));
    let reason = "CannotStartContainerError: dependency graph: container ordering dependency [d] \
                  for target [t] has timed out.";
    let give_up = Action::GiveUp {
        container: "t".to_owned(),
        reason: reason.to_owned(),
    };
    assert_eq!(run(&both, 3_000).actions, [give_up]);
}

#[test]
fn the_end_of_an_essential_container_ends_the_task() {
    let plan = run(
        &[exited(container("a"), 0), running(side(container("b")))],
        9_000,
    );
    assert!(plan.stopping);
    assert_eq!(plan.actions, [Action::Signal("b".to_owned())]);
    assert_eq!(
        (plan.status, plan.wake_at_ms),
        (Status::Running, Some(39_000))
    );
    let plan = run(
        &[running(container("a")), exited(side(container("b")), 1)],
        9_000,
    );
    assert!(!plan.stopping && plan.actions.is_empty());
    let plan = run(
        &[exited(container("a"), 0), exited(side(container("b")), 1)],
        9_000,
    );
    assert_eq!(plan.status, Status::Stopped);
}

#[test]
fn stopping_goes_from_the_dependents_to_what_they_depend_on() {
    let stopped = |cs: &[PlanContainer], now| plan(DesiredStatus::Stopped, cs, now);
    let db = running(container("db"));
    let web = running(waits("web", "db", Condition::Start));
    let first = stopped(&[db.clone(), web.clone()], 10_000);
    assert_eq!(first.actions, [Action::Signal("web".to_owned())]);
    let web = PlanContainer {
        signalled_at_ms: Some(10_000),
        ..web
    };
    assert_eq!(stopped(&[db.clone(), web.clone()], 39_999).actions, []);
    let late = stopped(&[db.clone(), web.clone()], 40_000);
    assert_eq!(late.actions, [Action::Kill("web".to_owned())]);
    let web = PlanContainer {
        killed: true,
        ..web
    };
    assert_eq!(stopped(&[db.clone(), web], 50_000).actions, []);
    let last = stopped(&[db, exited(container("web"), 137)], 50_000);
    assert_eq!(last.actions, [Action::Signal("db".to_owned())]);
}

#[test]
fn restarts_heed_exit_code_and_running_time() {
    let rule = RestartRule {
        ignored_exit_codes: vec![0],
        attempt_period_ms: 4_000,
    };
    let with = |c: PlanContainer| PlanContainer {
        restart: Some(rule.clone()),
        ..c
    };
    let again = run(&[with(exited(container("a"), 1))], 5_000);
    assert_eq!(again.actions, [begin("a")]);
    assert_eq!(again.status, Status::Running);
    assert!(run(&[with(exited(container("a"), 0))], 5_000).stopping);
    let short = PlanContainer {
        started_at_ms: Some(1_001),
        ..exited(container("a"), 1)
    };
    assert!(run(&[with(short)], 5_000).stopping);
    let down = plan(
        DesiredStatus::Stopped,
        &[with(exited(container("a"), 1))],
        5_000,
    );
    assert_eq!((down.actions, down.status), (vec![], Status::Stopped));
}

#[test]
fn cycles_are_found() {
    let a = waits("a", "b", Condition::Start);
    let b = waits("b", "a", Condition::Start);
    assert!(has_cycle(&[a.clone(), b, container("c")]));
    assert!(!has_cycle(&[a, container("b")]));
    assert!(has_cycle(&[waits("a", "a", Condition::Start)]));
}

fn any_task() -> impl Strategy<Value = Vec<PlanContainer>> {
    let one = (
        any::<bool>(),
        0..4_usize,
        0..4_i64,
        any::<bool>(),
        prop::option::of(0..3_000_i64),
    );
    prop::collection::vec(one, 1..6).prop_map(|all| {
        let conditions = [
            Condition::Start,
            Condition::Complete,
            Condition::Success,
            Condition::Healthy,
        ];
        let container = |(n, (essential, condition, stop, restart, start)): (usize, _)| {
            // Only earlier ones: no cycles. The first is essential, as ECS wants of one.
            let on = |d: usize| (format!("c{d}"), conditions[condition]);
            PlanContainer {
                essential: essential || n == 0,
                depends_on: n.checked_sub(1).map(on).into_iter().collect(),
                stop_timeout_ms: stop * 1_000,
                start_timeout_ms: start,
                restart: (restart && n > 0).then(|| RestartRule {
                    ignored_exit_codes: vec![0],
                    attempt_period_ms: 500,
                }),
                ..container(&format!("c{n}"))
            }
        };
        all.into_iter().enumerate().map(container).collect()
    })
}

fn some_choices() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 0..60)
}

/// Carries a plan out: the world does as it is told, `choices` decide what happens by itself.
fn step(task: &mut [PlanContainer], plan: &Plan, choice: u8, now_ms: i64) {
    for action in &plan.actions {
        let (Action::Start(name)
        | Action::Signal(name)
        | Action::Kill(name)
        | Action::GiveUp {
            container: name, ..
        }) = action;
        let c = task.iter_mut().find(|c| c.name == *name).unwrap();
        match action {
            Action::Start(_) => {
                assert!(!plan.stopping && !c.alive(), "{c:?}");
                c.phase = Phase::Running;
                c.started_at_ms = Some(now_ms);
                (c.signalled_at_ms, c.killed, c.health) = (None, false, Health::Unknown);
            }
            Action::GiveUp { .. } => c.phase = Phase::NeverStarted,
            Action::Signal(_) => {
                assert!(plan.stopping && c.phase == Phase::Running);
                c.signalled_at_ms = Some(now_ms);
            }
            Action::Kill(_) => {
                assert!(now_ms >= c.signalled_at_ms.unwrap() + c.stop_timeout_ms);
                c.killed = true;
                c.phase = Phase::Exited {
                    code: 137,
                    at_ms: now_ms,
                };
            }
        }
    }
    let count = task.len();
    let c = &mut task[usize::from(choice) % count];
    if c.phase == Phase::Running {
        match choice / 16 % 6 {
            0 => {
                c.phase = Phase::Exited {
                    code: 0,
                    at_ms: now_ms,
                }
            }
            1 => {
                c.phase = Phase::Exited {
                    code: 1,
                    at_ms: now_ms,
                }
            }
            2 => c.health = Health::Healthy,
            3 => c.health = Health::Unhealthy,
            _ => {}
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 512,
        failure_persistence: None,
        ..Default::default()
    })]

    /// However containers behave, a task that is to be stopped stops, a stopped one stays so, and
    /// nothing is started on the way down.
    #[test]
    fn a_stop_always_ends(
        mut task in any_task(),
        choices in some_choices(),
    ) {
        let mut now_ms = 1_000;
        for choice in choices {
            let plan = run(&task, now_ms);
            step(&mut task, &plan, choice, now_ms);
            now_ms += i64::from(choice) * 10;
        }
        for _ in 0..100 {
            let plan = plan(DesiredStatus::Stopped, &task, now_ms);
            if plan.status == Status::Stopped {
                prop_assert!(plan.actions.is_empty());
                return Ok(());
            }
            prop_assert!(!plan.actions.is_empty() || plan.wake_at_ms.is_some());
            let next = plan.wake_at_ms.unwrap_or(now_ms);
            step(&mut task, &plan, 255, now_ms);
            now_ms = now_ms.max(next);
        }
        prop_assert!(false, "it never stopped: {task:?}");
    }

    /// A task that can neither act nor wait for a time waits for a container that is alive.
    #[test]
    fn nothing_hangs((mut task, choices) in (any_task(), some_choices())) {
        let mut now_ms = 1_000;
        for choice in choices {
            let plan = run(&task, now_ms);
            let idle = plan.actions.is_empty() && plan.wake_at_ms.is_none();
            let alive = task.iter().any(PlanContainer::alive);
            prop_assert!(!idle || alive || plan.status == Status::Stopped, "{task:?}");
            step(&mut task, &plan, choice, now_ms);
            now_ms += i64::from(choice) * 10;
        }
    }
}
