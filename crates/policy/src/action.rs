//! Actions: `service:Name` patterns, matched without regard to letter case.

use crate::document::List;
use crate::pattern::{Mode, Pattern};

/// Actions longer than this are lowered on the heap; none of AWS's comes near it.
const INLINE: usize = 96;

/// The action of a request, lowered once, with the hash of its service prefix.
pub(crate) struct Action {
    inline: [u8; INLINE],
    heap: Box<[u8]>,
    len: usize,
    colon: usize,
    hash: u64,
}

impl Action {
    #[inline]
    pub(crate) fn new(action: &str) -> Self {
        let bytes = action.as_bytes();
        let len = bytes.len();
        let mut this = Self {
            inline: [0; INLINE],
            heap: Box::default(),
            len,
            colon: len,
            hash: 0,
        };
        match this.inline.get_mut(..len) {
            Some(inline) => {
                inline.copy_from_slice(bytes);
                inline.make_ascii_lowercase();
            }
            None => this.heap = bytes.to_ascii_lowercase().into(),
        }
        this.colon = bytes.iter().position(|b| *b == b':').unwrap_or(len);
        this.hash = hash(this.service());
        this
    }

    /// The whole action, in lower case.
    #[inline]
    pub(crate) fn whole(&self) -> &[u8] {
        self.inline.get(..self.len).unwrap_or(&self.heap)
    }

    /// The service prefix, in lower case.
    #[inline]
    fn service(&self) -> &[u8] {
        self.whole().get(..self.colon).unwrap_or_default()
    }

    /// What follows the service prefix, in lower case.
    #[inline]
    fn name(&self) -> &[u8] {
        self.whole().get(self.colon + 1..).unwrap_or_default()
    }

    /// What [`ActionSet`] and the index of a policy look services up by.
    #[inline]
    pub(crate) const fn service_hash(&self) -> u64 {
        self.hash
    }
}

/// FNV-1a, <http://www.isthe.com/chongo/tech/comp/fnv/>.
#[inline]
pub(crate) fn hash(service: &[u8]) -> u64 {
    service.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// The patterns of an `Action` or `NotAction` element.
#[derive(Debug)]
pub(crate) struct ActionSet {
    negated: bool,
    /// `*`.
    all: bool,
    /// By service hash, ascending.
    services: Box<[ServiceActions]>,
    /// Patterns with a wildcard before the colon, matched against the whole action.
    loose: Box<[Pattern]>,
}

#[derive(Debug)]
struct ServiceActions {
    hash: u64,
    service: Box<[u8]>,
    names: Box<[Pattern]>,
}

impl ActionSet {
    pub(crate) fn new(list: &List) -> Self {
        let mut all = false;
        let mut loose = Vec::new();
        let mut services: Vec<(u64, String, Vec<Pattern>)> = Vec::new();
        for value in &list.values {
            let lower = value.to_ascii_lowercase();
            match lower.split_once(':') {
                _ if lower == "*" => all = true,
                Some((service, name)) if !service.contains(['*', '?']) => {
                    let name = Pattern::new(name, Mode::Like, false);
                    match services.iter_mut().find(|(_, known, _)| known == service) {
                        Some((_, _, names)) => names.push(name),
                        None => services.push((
                            hash(service.as_bytes()),
                            service.to_owned(),
                            vec![name],
                        )),
                    }
                }
                _ => loose.push(Pattern::new(&lower, Mode::Like, false)),
            }
        }
        services.sort_by_key(|(hash, _, _)| *hash);
        let services = services
            .into_iter()
            .map(|(hash, service, names)| ServiceActions {
                hash,
                service: service.into_bytes().into(),
                names: names.into(),
            });
        Self {
            negated: list.negated,
            all,
            services: services.collect(),
            loose: loose.into(),
        }
    }

    /// The only services this set can match, or `None` if it may match any.
    pub(crate) fn services(&self) -> Option<impl Iterator<Item = u64>> {
        let bounded = !self.negated && !self.all && self.loose.is_empty();
        bounded.then(|| self.services.iter().map(|entry| entry.hash))
    }

    #[inline]
    pub(crate) fn matches(&self, action: &Action) -> bool {
        self.lists(action) != self.negated
    }

    fn lists(&self, action: &Action) -> bool {
        if self.all {
            return true;
        }
        let hash = action.service_hash();
        let start = self.services.partition_point(|entry| entry.hash < hash);
        let same_hash = self
            .services
            .iter()
            .skip(start)
            .take_while(|entry| entry.hash == hash);
        for entry in same_hash {
            if *entry.service == *action.service() {
                let name = action.name();
                if entry
                    .names
                    .iter()
                    .any(|pattern| pattern.matches_plain(name))
                {
                    return true;
                }
            }
        }
        !self.loose.is_empty()
            && self
                .loose
                .iter()
                .any(|pattern| pattern.matches_plain(action.whole()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(negated: bool, patterns: &[&str], action: &str, expected: bool) {
        let values = patterns.iter().map(|p| (*p).to_owned()).collect();
        let set = ActionSet::new(&List { negated, values });
        assert_eq!(
            set.matches(&Action::new(action)),
            expected,
            "{patterns:?} ~ {action}"
        );
    }

    #[test]
    fn matches_without_regard_to_case() {
        for action in ["ecs:RunTask", "ECS:RUNTASK", "ecs:runtask"] {
            check(false, &["ecs:RunTask"], action, true);
            check(false, &["Ecs:rUN*"], action, true);
            check(false, &["ecs:?unTask"], action, true);
            check(false, &["*"], action, true);
            check(false, &["*:RunTask"], action, true);
            check(false, &["ecs:StopTask", "iam:*"], action, false);
            check(true, &["ecs:RunTask"], action, false);
            check(true, &["ecs:StopTask"], action, true);
            check(true, &["*"], action, false);
            check(true, &[], action, true);
            check(false, &[], action, false);
        }
        check(false, &["ecs:*"], "ecs-x:Run", false);
        check(false, &["ecs:"], "ecs", true);
    }

    #[test]
    fn long_actions_are_matched_too() {
        let long = format!("ecs:{}", "X".repeat(500));
        check(false, &["ecs:xxx*"], &long, true);
        check(false, &["iam:*"], &long, false);
    }
}
