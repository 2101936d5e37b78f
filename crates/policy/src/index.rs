//! Which statements of a policy need a look for an action.

use crate::policy::{Effect, Statement};

/// Which statements can be about an action, by its service.
#[derive(Debug, Default)]
pub(crate) struct Index {
    /// Service keys, ascending, apart from what they lead to because they are searched.
    keys: Box<[u64]>,
    /// Where in `candidates` those of each of `keys` begin, and where those of the last end.
    starts: Box<[u32]>,
    /// Those of each of `keys` one after the other, then those of all other services.
    candidates: Box<[Candidate]>,
}

/// A statement that can be about an action of a service.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Candidate {
    pub(crate) statement: u32,
    /// See [`ActionSet::initials`](crate::action::ActionSet::initials).
    pub(crate) initials: u32,
    /// Every action of the service, so that none needs a look.
    pub(crate) whole: bool,
}

impl Index {
    pub(crate) fn new(statements: &[Statement], effect: Effect) -> Self {
        let numbered = || {
            (0_u32..)
                .zip(statements)
                .filter(|(_, s)| s.effect() == effect)
        };
        let candidate = |(statement, s): (u32, &Statement), key: u64| Candidate {
            statement,
            initials: s.actions.initials(key),
            whole: s.actions.has_all_of(key),
        };
        let mut keys: Vec<u64> = numbered()
            .filter_map(|(_, s)| s.actions.services())
            .flatten()
            .collect();
        keys.sort_unstable();
        keys.dedup();
        let about = |key: u64| {
            numbered()
                .filter(move |(_, s)| {
                    s.actions
                        .services()
                        .is_none_or(|mut all| all.any(|k| k == key))
                })
                .map(move |numbered| candidate(numbered, key))
        };
        let any_service = numbered().filter(|(_, s)| s.actions.services().is_none());
        let mut candidates: Vec<Candidate> = Vec::new();
        let mut starts = Vec::with_capacity(keys.len() + 1);
        for key in &keys {
            starts.push(u32::try_from(candidates.len()).unwrap_or(u32::MAX));
            candidates.extend(about(*key));
        }
        starts.push(u32::try_from(candidates.len()).unwrap_or(u32::MAX));
        candidates.extend(any_service.map(|numbered| candidate(numbered, 0)));
        Self {
            keys: keys.into(),
            starts: starts.into(),
            candidates: candidates.into(),
        }
    }

    #[inline]
    pub(crate) fn get(&self, key: u64) -> &[Candidate] {
        if self.candidates.is_empty() {
            return &[];
        }
        let at = self.keys.partition_point(|known| *known < key);
        let range = match (self.keys.get(at), self.starts.get(at..)) {
            (Some(known), Some([start, end, ..])) if *known == key => {
                self.candidates.get(*start as usize..*end as usize)
            }
            _ => {
                let start = self.starts.last().map_or(0, |start| *start as usize);
                self.candidates.get(start..)
            }
        };
        range.unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use crate::action::Action;
    use crate::policy::{Effect, Policy, PolicyKind};

    /// The index leaves out no statement that applies.
    #[test]
    fn the_index_agrees_with_looking_at_every_statement() {
        let actions = [
            "*",
            "ecs:*",
            "ecs:RunTask",
            "ECS:run*",
            "ecs:*Task",
            "ecs:?unTask",
            "ecr:RunTask",
            "*:RunTask",
            "ec?:RunTask",
            "ecs:",
            "applicationautoscaling:Run",
            "ecs:1x",
            "ecs:ä",
            // Services that share a key, see `action`.
            "axxxxxxxb:*",
        ];
        let requests = [
            "ecs:RunTask",
            "ecs:runtask",
            "ecr:RunTask",
            "ecs:StopTask",
            "ecs:",
            "ecs",
            "",
            "applicationautoscaling:Run",
            "applicationautoscalinG:run",
            "ecs:1X",
            "ecs:ä",
            "iam:X",
            "axxxxxxxb:X",
            "bxxxxxxxa:X",
        ];
        for (element, first) in [("Action", 0), ("NotAction", 0), ("Action", 1)] {
            for a in actions {
                for b in actions {
                    let list = if first == 0 { a } else { "sts:AssumeRole" };
                    let text = format!(
                        r#"{{"Statement":[{{"Effect":"Allow","{element}":["{list}","{b}"],"Resource":"*"}},
                            {{"Effect":"Allow","Action":"{a}","Resource":"*"}}]}}"#
                    );
                    let policy = Policy::load(&text, PolicyKind::Identity).unwrap();
                    for request in requests {
                        let action = Action::new(request);
                        let all = policy.statements().iter().enumerate();
                        let naive: Vec<usize> = all
                            .filter(|(_, s)| s.actions.matches(&action))
                            .map(|(n, _)| n)
                            .collect();
                        let indexed: Vec<usize> = policy
                            .candidates(Effect::Allow, &action)
                            .map(|(n, _)| n)
                            .collect();
                        assert_eq!(indexed, naive, "{request} in {text}");
                    }
                }
            }
        }
    }
}
