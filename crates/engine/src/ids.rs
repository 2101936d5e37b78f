//! Names that become file names, cgroup names and interface names: checked once, here.

use std::fmt;
use std::path::Path;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Why a name was refused: what it names and the text itself.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind} {value:?} is not 1 to {max} characters of A-Z a-z 0-9 _ -")]
pub struct InvalidName {
    kind: &'static str,
    value: String,
    max: usize,
}

fn check(kind: &'static str, value: &str, max: usize) -> Result<(), InvalidName> {
    let good = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
    if value.is_empty() || value.len() > max || !value.bytes().all(good) {
        return Err(InvalidName {
            kind,
            value: value.to_owned(),
            max,
        });
    }
    Ok(())
}

macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $kind:literal, $max:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Checks and takes a name.
            ///
            /// # Errors
            /// [`InvalidName`] when it is empty, too long or has a character that is not allowed.
            pub fn new(value: impl Into<String>) -> Result<Self, InvalidName> {
                let value = value.into();
                check($kind, &value, $max)?;
                Ok(Self(value))
            }

            /// The name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = InvalidName;
            fn from_str(s: &str) -> Result<Self, InvalidName> {
                Self::new(s)
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidName;
            fn try_from(s: String) -> Result<Self, InvalidName> {
                Self::new(s)
            }
        }

        impl From<$name> for String {
            fn from(n: $name) -> String {
                n.0
            }
        }

        impl AsRef<Path> for $name {
            fn as_ref(&self) -> &Path {
                Path::new(&self.0)
            }
        }
    };
}

name! {
    /// The id of a task: the last part of its ARN (32 hex digits in ECS; any plain name here).
    TaskId, "task id", 64
}
name! {
    /// The name of a container within its task, as in the task definition.
    ContainerName, "container name", 200
}
name! {
    /// The name of one Rolecall on this machine; namespaces, cgroups and nft tables carry it.
    InstanceName, "instance name", 32
}

impl InstanceName {
    /// The name of the instance whose data is in `dir`: every start of it finds its tasks again,
    /// and two directories never meet.
    ///
    /// # Errors
    /// When the directory is not there.
    pub fn of_directory(dir: &Path) -> std::io::Result<Self> {
        use sha2::Digest;
        let path = dir.canonicalize()?;
        let hash = sha2::Sha256::digest(path.as_os_str().as_encoded_bytes());
        let mut name = format!("i{}", hex::encode(hash));
        name.truncate(11);
        Ok(Self(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_plain() {
        for good in ["a", "web-1", "A_b", &"x".repeat(64)] {
            assert!(TaskId::new(good).is_ok(), "{good}");
        }
        for bad in ["", ".", "..", "a/b", "a b", "é", "a\0", &"x".repeat(65)] {
            assert!(TaskId::new(bad).is_err(), "{bad}");
        }
        assert!(serde_json::from_str::<ContainerName>("\"../x\"").is_err());
    }
}
