//! Account ids, regions, and the partition.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// The one partition that Rolecall speaks for.
pub const PARTITION: &str = "aws";

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Arc<str>);

        impl $name {
            /// The text of it.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0.to_string()
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;
            fn try_from(text: String) -> Result<Self, InvalidId> {
                Self::new(&text)
            }
        }

        impl std::str::FromStr for $name {
            type Err = InvalidId;
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                Self::new(text)
            }
        }
    };
}

text_id! {
    /// A 12-digit AWS account id.
    AccountId
}

text_id! {
    /// A region name such as `ap-northeast-1`.
    Region
}

/// Text that is not an id of the wanted kind.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidId {
    /// Not twelve digits.
    #[error("`{0}` is not an account id: it takes 12 digits, such as 123456789012")]
    Account(String),
    /// Not lower-case letters, digits and dashes.
    #[error(
        "`{0}` is not a region name: it takes lower-case letters, digits and dashes, such as us-east-1"
    )]
    Region(String),
}

impl AccountId {
    /// From twelve digits.
    pub fn new(text: &str) -> Result<Self, InvalidId> {
        if text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit()) {
            Ok(Self(text.into()))
        } else {
            Err(InvalidId::Account(text.to_owned()))
        }
    }
}

impl Region {
    /// From a region's name; any name of the right form is a region.
    pub fn new(text: &str) -> Result<Self, InvalidId> {
        let form = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if (2..=32).contains(&text.len()) && text.bytes().all(form) && !text.starts_with('-') {
            Ok(Self(text.into()))
        } else {
            Err(InvalidId::Region(text.to_owned()))
        }
    }
}
