//! The rules that passwords of users keep.
//!
//! Source: IAM User Guide, "Set an account password policy for IAM users".

use serde::{Deserialize, Serialize};

/// What counts as a symbol (IAM API Reference, `UpdateAccountPasswordPolicy`).
const SYMBOLS: &str = "!@#$%^&*()_+-=[]{}|'";

/// The shortest password of the default policy, and how many kinds of character it must mix.
const DEFAULT_LENGTH: usize = 8;
const DEFAULT_KINDS: usize = 3;

/// A password policy that the account has set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PasswordPolicy {
    /// The shortest that a password may be, in characters.
    pub minimum_length: i32,
    /// Whether a symbol is needed.
    pub symbols: bool,
    /// Whether a digit is needed.
    pub numbers: bool,
    /// Whether one of A to Z is needed.
    pub uppercase: bool,
    /// Whether one of a to z is needed.
    pub lowercase: bool,
    /// Whether users may change their own password in the console.
    pub users_may_change: bool,
    /// After how many days a password ends.
    pub max_age_days: Option<i32>,
    /// How many earlier passwords may not be used again.
    pub reuse_prevention: Option<i32>,
    /// Whether an ended password can only be replaced by an administrator.
    pub hard_expiry: Option<bool>,
}

/// Which kinds of character a password has.
struct Kinds {
    symbols: bool,
    numbers: bool,
    uppercase: bool,
    lowercase: bool,
}

impl Kinds {
    fn of(password: &str) -> Self {
        let any = |is: fn(char) -> bool| password.chars().any(is);
        Self {
            symbols: any(|c| SYMBOLS.contains(c)),
            numbers: any(|c| c.is_ascii_digit()),
            uppercase: any(|c| c.is_ascii_uppercase()),
            lowercase: any(|c| c.is_ascii_lowercase()),
        }
    }

    fn count(&self) -> usize {
        [self.symbols, self.numbers, self.uppercase, self.lowercase]
            .into_iter()
            .filter(|has| *has)
            .count()
    }
}

/// What is wrong with a password, in words; `None` if it keeps the rules.
///
/// Without a policy of the account's own, AWS's default one holds: eight characters at least, of
/// three of the four kinds.
pub(crate) fn fault(policy: Option<&PasswordPolicy>, password: &str) -> Option<String> {
    let length = password.chars().count();
    let kinds = Kinds::of(password);
    let too_short = |minimum: usize| {
        (length < minimum).then(|| format!("Password should have a minimum length of {minimum}"))
    };
    let Some(policy) = policy else {
        return too_short(DEFAULT_LENGTH).or_else(|| {
            (kinds.count() < DEFAULT_KINDS).then(|| {
                "Password should have at least three of: uppercase letters, lowercase letters, \
                 numbers, symbols"
                    .to_owned()
            })
        });
    };
    let needed = [
        (policy.symbols, kinds.symbols, "symbol"),
        (policy.numbers, kinds.numbers, "number"),
        (policy.uppercase, kinds.uppercase, "uppercase letter"),
        (policy.lowercase, kinds.lowercase, "lowercase letter"),
    ];
    let missing = needed.into_iter().find(|(needed, has, _)| *needed && !has);
    too_short(usize::try_from(policy.minimum_length).unwrap_or_default())
        .or_else(|| missing.map(|(_, _, kind)| format!("Password should have at least one {kind}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy() -> PasswordPolicy {
        PasswordPolicy {
            minimum_length: 6,
            symbols: false,
            numbers: false,
            uppercase: false,
            lowercase: false,
            users_may_change: false,
            max_age_days: None,
            reuse_prevention: None,
            hard_expiry: None,
        }
    }

    #[test]
    fn without_a_policy_the_default_one_holds() {
        assert_eq!(
            fault(None, "abcdeF1"),
            Some("Password should have a minimum length of 8".into())
        );
        assert!(fault(None, "abcdefG_").is_none());
        assert!(fault(None, "abcdefG1").is_none());
        assert!(fault(None, "abcdefgh1").is_some());
        // A space is no symbol.
        assert!(fault(None, "abcdefg 1").is_some());
    }

    #[test]
    fn each_rule_of_a_policy_is_told_by_name() {
        assert_eq!(fault(Some(&policy()), "abcdef"), None);
        assert!(fault(Some(&policy()), "abcde").is_some());
        type Set = fn(&mut PasswordPolicy);
        let rules: [(Set, &str, &str); 4] = [
            (|p| p.symbols = true, "symbol", "abc'ef"),
            (|p| p.numbers = true, "number", "abc1ef"),
            (|p| p.uppercase = true, "uppercase letter", "abcXef"),
            (|p| p.lowercase = true, "lowercase letter", "ABCxEF"),
        ];
        for (set, name, good) in rules {
            let mut policy = policy();
            set(&mut policy);
            let bad = if name == "lowercase letter" {
                "ABCDEF"
            } else {
                "abcdef"
            };
            assert_eq!(
                fault(Some(&policy), bad),
                Some(format!("Password should have at least one {name}"))
            );
            assert_eq!(fault(Some(&policy), good), None);
        }
    }
}
