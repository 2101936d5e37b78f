//! Container health checks: commands run inside, counted.
//!
//! Source: Amazon ECS API Reference, `HealthCheck`; Dockerfile reference, "HEALTHCHECK". Health
//! checks of images are not used, as with ECS.

use std::time::Duration;

use rolecall_engine::{ContainerName, TaskHandle};
use tokio::sync::mpsc;

use super::plan::Health;
use super::spec::docker::Healthcheck;

/// A health check, ready to be run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Check {
    pub(crate) args: Vec<String>,
    interval: Duration,
    timeout: Duration,
    start_period: Duration,
    retries: u32,
}

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) container: String,
    pub(crate) run: u32,
    pub(crate) health: Health,
}

impl Check {
    /// Reads a health check; none if there is none or it is `NONE`.
    ///
    /// # Errors
    /// A command of another form, for people.
    pub(crate) fn parse(from: Option<&Healthcheck>) -> Result<Option<Self>, String> {
        let Some(from) = from else { return Ok(None) };
        let args = match from.test.split_first() {
            None => return Ok(None),
            Some((kind, _)) if kind == "NONE" => return Ok(None),
            Some((kind, args)) if kind == "CMD" && !args.is_empty() => args.to_vec(),
            Some((kind, [line])) if kind == "CMD-SHELL" => {
                vec!["/bin/sh".to_owned(), "-c".to_owned(), line.clone()]
            }
            Some(_) => return Err(format!("health check {:?} is of no known form", from.test)),
        };
        let time = |ns: u64, default_s: u64| match ns {
            0 => Duration::from_secs(default_s),
            ns => Duration::from_nanos(ns),
        };
        Ok(Some(Self {
            args,
            interval: time(from.interval, 30),
            timeout: time(from.timeout, 5),
            start_period: Duration::from_nanos(from.start_period),
            retries: if from.retries == 0 { 3 } else { from.retries },
        }))
    }

    /// Checks until it is aborted; says when the health changes.
    pub(crate) async fn watch(
        self,
        task: TaskHandle,
        container: ContainerName,
        run: u32,
        changes: mpsc::Sender<Found>,
    ) {
        let begun = tokio::time::Instant::now();
        let mut count = Count::new(self.retries);
        loop {
            tokio::time::sleep(self.interval).await;
            let result = task.exec(&container, self.args.clone(), self.timeout).await;
            let passed = result.is_ok_and(|o| o.exit_code == 0 && !o.timed_out);
            let starting = begun.elapsed() < self.start_period;
            if let Some(health) = count.next(passed, starting) {
                let found = Found {
                    container: container.to_string(),
                    run,
                    health,
                };
                if changes.send(found).await.is_err() {
                    return;
                }
            }
        }
    }
}

/// Failures in a row.
#[derive(Debug)]
struct Count {
    health: Health,
    failures: u32,
    retries: u32,
}

impl Count {
    fn new(retries: u32) -> Self {
        Self {
            health: Health::Unknown,
            failures: 0,
            retries,
        }
    }

    /// Takes a result; the new health if it changed. Failures while the container is starting do
    /// not count; one that passed ends the start.
    fn next(&mut self, passed: bool, starting: bool) -> Option<Health> {
        let before = self.health;
        if passed {
            self.failures = 0;
            self.health = Health::Healthy;
        } else if !starting || before == Health::Healthy {
            self.failures += 1;
            if self.failures >= self.retries {
                self.health = Health::Unhealthy;
            }
        }
        (self.health != before).then_some(self.health)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_have_three_forms() {
        let check = |test: &[&str]| {
            let test = test.iter().map(|t| (*t).to_owned()).collect();
            Check::parse(Some(&Healthcheck {
                test,
                ..Healthcheck::default()
            }))
        };
        assert_eq!(Check::parse(None), Ok(None));
        assert_eq!(check(&["NONE"]), Ok(None));
        assert_eq!(check(&["CMD", "a", "b"]).unwrap().unwrap().args, ["a", "b"]);
        let shell = check(&["CMD-SHELL", "exit 0"]).unwrap().unwrap();
        assert_eq!(shell.args, ["/bin/sh", "-c", "exit 0"]);
        assert_eq!((shell.interval.as_secs(), shell.retries), (30, 3));
        for bad in [
            &["CMD"][..],
            &["CMD-SHELL"],
            &["CMD-SHELL", "a", "b"],
            &["curl"],
        ] {
            assert!(check(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn failures_in_a_row_make_it_unhealthy_and_one_success_healthy() {
        let mut count = Count::new(2);
        assert_eq!(count.next(false, true), None);
        assert_eq!(count.next(false, true), None);
        assert_eq!(count.next(false, false), None);
        assert_eq!(count.next(true, false), Some(Health::Healthy));
        assert_eq!(count.next(false, false), None);
        assert_eq!(count.next(false, false), Some(Health::Unhealthy));
        assert_eq!(count.next(false, false), None);
        assert_eq!(count.next(true, false), Some(Health::Healthy));
        assert_eq!(count.next(false, true), None);
        assert_eq!(count.next(false, true), Some(Health::Unhealthy));
    }
}
