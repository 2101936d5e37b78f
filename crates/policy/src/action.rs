//! Actions: `service:Name` patterns, matched without regard to letter case.

use crate::document::List;
use crate::pattern::{Mode, Pattern};

/// The action of a request, with what its service is looked up by.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Action<'r> {
    text: &'r [u8],
    /// Where the service prefix ends.
    colon: usize,
    key: u64,
    initial: u32,
}

impl<'r> Action<'r> {
    #[inline]
    pub(crate) fn new(action: &'r str) -> Self {
        let text = action.as_bytes();
        let mut mixed = 0;
        let mut colon = text.len();
        for (at, byte) in text.iter().enumerate() {
            if *byte == b':' {
                colon = at;
                break;
            }
            mixed = mix(mixed, *byte);
        }
        let key = key_of(mixed, colon);
        let initial = initial(text.get(colon + 1..).unwrap_or_default());
        Self {
            text,
            colon,
            key,
            initial,
        }
    }

    /// Whether this is the action `lower`, which is in lower case.
    pub(crate) fn is(&self, lower: &str) -> bool {
        self.text.eq_ignore_ascii_case(lower.as_bytes())
    }

    #[inline]
    fn service(&self) -> &'r [u8] {
        self.text.get(..self.colon).unwrap_or_default()
    }

    #[inline]
    fn name(&self) -> &'r [u8] {
        self.text.get(self.colon + 1..).unwrap_or_default()
    }

    /// Whether the name can begin as one of [`ActionSet::initials`] does.
    #[inline]
    pub(crate) const fn begins_as(&self, initials: u32) -> bool {
        self.initial & initials != 0
    }

    /// What [`ActionSet`] and the index of a policy look services up by. Two services may share a
    /// key, so it only narrows the search.
    #[inline]
    pub(crate) const fn service_key(&self) -> u64 {
        self.key
    }
}

/// A bit for the first letter of an action's name, so that most statements about the right service
/// and the wrong action need no look.
#[inline]
fn initial(name: &[u8]) -> u32 {
    match name.first().map(u8::to_ascii_lowercase) {
        Some(letter @ b'a'..=b'z') => 1 << (letter - b'a'),
        Some(_) => 1 << 26,
        None => 1 << 27,
    }
}

/// Marks keys of services whose names are too long for the key to tell them apart.
const LONG: u64 = 1 << 63;

/// The name itself, in lower case, if it has up to eight characters; else a mix of them.
fn service_key(service: &[u8]) -> u64 {
    let mixed = service.iter().fold(0, |key, byte| mix(key, *byte));
    key_of(mixed, service.len())
}

#[inline]
const fn mix(key: u64, byte: u8) -> u64 {
    key.rotate_left(8) ^ byte.to_ascii_lowercase() as u64
}

#[inline]
const fn key_of(mixed: u64, len: usize) -> u64 {
    if len <= 8 { mixed } else { mixed | LONG }
}

/// The patterns of an `Action` or `NotAction` element.
#[derive(Debug)]
pub(crate) struct ActionSet {
    negated: bool,
    /// `*`.
    all: bool,
    /// By service key, ascending.
    services: Box<[ServiceActions]>,
    /// Patterns with a wildcard before the colon, matched against the whole action.
    loose: Box<[Pattern]>,
}

#[derive(Debug)]
struct ServiceActions {
    key: u64,
    service: Box<[u8]>,
    names: Box<[Pattern]>,
}

impl ServiceActions {
    #[inline]
    fn is_service_of(&self, action: &Action<'_>) -> bool {
        self.key == action.key
            && self.service.len() == action.colon
            && (self.key & LONG == 0 || self.service.eq_ignore_ascii_case(action.service()))
    }
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
                            service_key(service.as_bytes()),
                            service.to_owned(),
                            vec![name],
                        )),
                    }
                }
                _ => loose.push(Pattern::new(&lower, Mode::Like, false)),
            }
        }
        services.sort_by_key(|(key, _, _)| *key);
        let services = services
            .into_iter()
            .map(|(key, service, names)| ServiceActions {
                key,
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
        bounded.then(|| self.services.iter().map(|entry| entry.key))
    }

    /// The bits of what the names of matching actions of a service begin with.
    pub(crate) fn initials(&self, key: u64) -> u32 {
        if self.services().is_none() {
            return u32::MAX;
        }
        let names = self
            .services
            .iter()
            .filter(|entry| entry.key == key)
            .flat_map(|e| &e.names);
        names.fold(0, |bits, name| {
            bits | name.literal_start().map_or(u32::MAX, initial)
        })
    }

    /// Whether every action of every service with this key matches. Services whose names are long
    /// may share a key, so for them nothing is said.
    pub(crate) fn has_all_of(&self, key: u64) -> bool {
        let of_service = |entry: &ServiceActions| {
            entry.key == key && key & LONG == 0 && entry.names.contains(&Pattern::All)
        };
        !self.negated && (self.all || self.services.iter().any(of_service))
    }

    #[inline(always)]
    pub(crate) fn matches(&self, action: &Action<'_>) -> bool {
        self.lists(action) != self.negated
    }

    #[inline]
    fn lists(&self, action: &Action<'_>) -> bool {
        if self.all {
            return true;
        }
        // Most statements are about one service or few; AWS's own list hundreds.
        let near = if self.services.len() <= 4 {
            &*self.services
        } else {
            let start = self
                .services
                .partition_point(|entry| entry.key < action.key);
            self.services.get(start..).unwrap_or_default()
        };
        for entry in near {
            if entry.key > action.key {
                break;
            }
            if entry.is_service_of(action) {
                let name = action.name();
                if entry
                    .names
                    .iter()
                    .any(|pattern| pattern.matches_ignoring_case(name))
                {
                    return true;
                }
            }
        }
        self.loose
            .iter()
            .any(|pattern| pattern.matches_ignoring_case(action.text))
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
    fn services_that_share_a_key_are_told_apart() {
        // After eight characters the first is rotated to where it began.
        let middle = "x".repeat(7);
        let [one, other] = [format!("a{middle}b:X"), format!("b{middle}a:X")];
        assert_eq!(
            Action::new(&one).service_key(),
            Action::new(&other).service_key()
        );
        check(false, &[&one, &other], &one, true);
        check(false, &[&one], &other, false);
        // A byte of zero before the name leaves the key as it is.
        check(false, &["ecs:RunTask"], "\0ecs:RunTask", false);
    }

    #[test]
    fn long_actions_are_matched_too() {
        let long = format!("ecs:{}", "X".repeat(500));
        check(false, &["ecs:xxx*"], &long, true);
        check(false, &["iam:*"], &long, false);
    }
}
