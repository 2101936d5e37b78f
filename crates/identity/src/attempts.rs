//! Attempts at a secret that can be guessed: one-time codes, passwords.

use std::time::Duration;

use rolecall_base::Timestamp;
use serde::{Deserialize, Serialize};

/// How many attempts in a row are free.
const FREE: u32 = 5;
/// How long each further one must wait after the one before.
const WAIT: Duration = Duration::from_secs(60);

/// How often in a row something was tried without success.
///
/// At a guess a minute, of three codes in a million that are good at a time, an even chance takes
/// 160 days (RFC 4226, section 7.3, demands some such throttling).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempts {
    count: u32,
    last: Option<Timestamp>,
}

impl Attempts {
    /// Counts an attempt, or refuses it as one too early, which is then not looked at.
    pub fn admit(&mut self, now: Timestamp) -> bool {
        let waited = self.last.is_none_or(|last| now.since(last) >= WAIT);
        if self.count >= FREE && !waited {
            return false;
        }
        self.count = self.count.saturating_add(1);
        self.last = Some(now);
        true
    }

    /// Forgets them all, after a success.
    pub fn succeeded(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_are_free_then_one_a_minute_until_one_succeeds() {
        let at = Timestamp::from_epoch_seconds;
        let mut attempts = Attempts::default();
        for _ in 0..5 {
            assert!(attempts.admit(at(100)));
        }
        assert!(!attempts.admit(at(100)));
        assert!(!attempts.admit(at(159)));
        assert!(attempts.admit(at(160)));
        assert!(!attempts.admit(at(161)));
        attempts.succeeded();
        assert!(attempts.admit(at(161)));
    }
}
