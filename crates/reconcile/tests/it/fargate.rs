//! Fargate's driver: whatever happens to it, the same end.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rolecall_ecs::address::AddressPool;
use rolecall_ecs::scheduler;
use tokio::time::Instant;

use crate::lab::{Held, Lab, settle};

/// How often a driver looks without being asked to.
const PERIOD: Duration = Duration::from_secs(15);

/// Three tasks that run, one of which is stopped then.
async fn life(lab: &Lab) -> Vec<String> {
    let tasks = lab.run_tasks(3).await;
    settle().await;
    lab.stop_task(&tasks[0]).await;
    settle().await;
    tasks
}

fn assert_end(lab: &Lab, tasks: &[String], what: &str) {
    let stopped = lab.task(&tasks[0]);
    assert_eq!(stopped, ("Stopped".to_owned(), None), "{what}");
    assert!(!lab.held(&tasks[0]).running, "{what}");
    let mut addresses = BTreeSet::new();
    for arn in &tasks[1..] {
        let (status, address) = lab.task(arn);
        assert_eq!(status, "Running", "{what}");
        assert!(
            addresses.insert(address.unwrap()),
            "{what}: an address of two"
        );
        let held = lab.held(arn);
        assert!(held.running && held.starts == 1, "{what}: {held:?}");
        assert!(held.credentials >= 2, "{what}: {held:?}");
    }
    let pool = AddressPool::new([10, 0, 0, 0].into(), 24).unwrap();
    let snap = lab.world.pipeline.store().snapshot();
    let plan = scheduler::plan(&snap, lab.world.now(), pool);
    assert!(plan.is_empty(), "{what}: {plan:?}");
}

#[tokio::test(start_paused = true)]
async fn dropped_at_any_point_and_started_anew_it_comes_to_the_same_end() {
    for polls in 0.. {
        let lab = Lab::new().await;
        let (first, again) = (lab.drive(polls), lab.clone());
        let was_cut = Arc::new(AtomicBool::new(false));
        let cut = was_cut.clone();
        let drivers = tokio::spawn(async move {
            cut.store(first.await.unwrap(), Ordering::SeqCst);
            again.drive(usize::MAX).await.unwrap();
        });
        let tasks = life(&lab).await;
        assert_end(&lab, &tasks, &format!("dropped at {polls}"));
        drivers.abort();
        if !was_cut.load(Ordering::SeqCst) {
            assert!(polls > 5, "it waited {polls} times only");
            return;
        }
    }
}

/// A death between any two of its steps, also where it does not wait.
#[tokio::test(start_paused = true)]
async fn dead_after_any_step_and_started_anew_it_comes_to_the_same_end() {
    for step in 0.. {
        let lab = Lab::new().await;
        lab.dead_from.store(step, Ordering::SeqCst);
        let first = lab.drive(usize::MAX);
        let tasks = life(&lab).await;
        first.abort();
        let died = lab.asked.load(Ordering::SeqCst) > step;
        lab.dead_from.store(usize::MAX, Ordering::SeqCst);
        let again = lab.drive(usize::MAX);
        settle().await;
        assert_end(&lab, &tasks, &format!("dead after {step}"));
        again.abort();
        if !died {
            return;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_panic_at_any_step_ends_that_step_only() {
    let lab = Lab::new().await;
    let driver = lab.drive(usize::MAX);
    let tasks = life(&lab).await;
    assert_end(&lab, &tasks, "no panic");
    let steps = lab.asked.load(Ordering::SeqCst);
    driver.abort();
    assert!(steps > 20, "{steps}");
    for step in 0..steps {
        let lab = Lab::new().await;
        lab.panic_at.store(step, Ordering::SeqCst);
        let driver = lab.drive(usize::MAX);
        let tasks = life(&lab).await;
        tokio::time::sleep(2 * PERIOD).await;
        assert_end(&lab, &tasks, &format!("a panic at {step}"));
        assert!(!driver.is_finished());
        driver.abort();
    }
}

#[tokio::test(start_paused = true)]
async fn two_of_them_start_nothing_twice() {
    let lab = Lab::new().await;
    let drivers = [lab.drive(usize::MAX), lab.drive(usize::MAX)];
    let tasks = life(&lab).await;
    assert_end(&lab, &tasks, "two drivers");
    for driver in drivers {
        driver.abort();
    }
}

#[tokio::test(start_paused = true)]
async fn a_change_while_it_is_busy_is_not_lost() {
    let lab = Lab::new().await;
    let began = Instant::now();
    // The agent takes nothing: the driver waits with the first messages in its hand.
    let all = lab.takes.forget_permits(usize::MAX);
    assert!(all > 0);
    let driver = lab.drive(usize::MAX);
    let mut tasks = lab.run_tasks(2).await;
    settle().await;
    assert_eq!(lab.held(&tasks[0]), Held::default());
    tasks.extend(lab.run_tasks(1).await);
    lab.stop_task(&tasks[0]).await;
    settle().await;
    lab.takes.add_permits(1000);
    settle().await;
    assert_end(&lab, &tasks, "busy");
    assert!(began.elapsed() < PERIOD, "it was found by the clock only");
    driver.abort();
}

#[tokio::test(start_paused = true)]
async fn what_fails_for_a_while_is_tried_again_and_what_is_refused_is_not() {
    let lab = Lab::bare();
    lab.application().await;
    let driver = lab.drive(usize::MAX);
    // Without the account's document no session can be made: an error of the service's.
    let tasks = lab.run_tasks(3).await;
    tokio::time::sleep(3 * PERIOD).await;
    assert_eq!(lab.task(&tasks[0]).0, "Provisioning");
    lab.account().await;
    tokio::time::sleep(PERIOD).await;
    assert_eq!(lab.task(&tasks[0]).0, "Running");
    // A role that is gone will not come back by itself.
    let key = rolecall_identity::name_key(&lab.world.account, "app");
    let gone = move |tx: &mut rolecall_store::Txn| {
        tx.delete::<rolecall_identity::Role>(&key);
        Ok::<_, rolecall_base::AwsError>(())
    };
    lab.world.pipeline.store().transact(gone).await.unwrap();
    let refused = lab.run_tasks(1).await;
    settle().await;
    assert_eq!(lab.task(&refused[0]).0, "Stopped");
    assert_eq!(lab.held(&refused[0]), Held::default());
    driver.abort();
}

#[tokio::test(start_paused = true)]
async fn credentials_are_made_anew_before_they_expire() {
    let lab = Lab::new().await;
    let driver = lab.drive(usize::MAX);
    let tasks = lab.run_tasks(1).await;
    settle().await;
    lab.world.advance(Duration::from_secs(40 * 60));
    tokio::time::sleep(2 * PERIOD).await;
    assert_eq!(lab.held(&tasks[0]).renewed, 0);
    lab.world.advance(Duration::from_secs(10 * 60));
    tokio::time::sleep(2 * PERIOD).await;
    // Of both roles, once.
    assert_eq!(lab.held(&tasks[0]).renewed, 2);
    driver.abort();
}

#[tokio::test(start_paused = true)]
async fn an_agent_stops_what_nobody_knows() {
    let lab = Lab::new().await;
    let unknown =
        "arn:aws:ecs:us-east-1:123456789012:task/default/0123456789abcdef0123456789abcdef";
    let runs = Held {
        starts: 1,
        running: true,
        ..Held::default()
    };
    lab.held.lock().unwrap().insert(unknown.to_owned(), runs);
    let driver = lab.drive(usize::MAX);
    settle().await;
    assert!(!lab.held(unknown).running);
    driver.abort();
}
