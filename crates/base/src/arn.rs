//! Amazon Resource Names: `arn:partition:service:region:account:resource`.
//!
//! Source: AWS General Reference, "Identify AWS resources with Amazon Resource Names (ARNs)".

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::ids::PARTITION;

/// An ARN with its six parts. Region and account may be empty (IAM has no region).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Arn {
    text: String,
    /// Where the second to sixth parts begin, in bytes.
    starts: [u16; 5],
}

/// Text that is not an ARN.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an ARN: it takes six parts, arn:aws:service:region:account:resource")]
pub struct InvalidArn(pub String);

impl Arn {
    /// Builds the ARN of a resource in the partition `aws`.
    pub fn new(service: &str, region: &str, account: &str, resource: impl fmt::Display) -> Self {
        let text = format!("arn:{PARTITION}:{service}:{region}:{account}:{resource}");
        Self::parse(&text).unwrap_or(Self {
            text,
            starts: [0; 5],
        })
    }

    /// Splits `text`; every part but region and account must be non-empty.
    pub fn parse(text: &str) -> Result<Self, InvalidArn> {
        let bad = || InvalidArn(text.to_owned());
        if text.len() > 2048 || !text.starts_with("arn:") {
            return Err(bad());
        }
        let mut starts = [0u16; 5];
        let mut colons = text
            .bytes()
            .enumerate()
            .filter(|(_, b)| *b == b':')
            .map(|(i, _)| i);
        for start in &mut starts {
            let colon = colons.next().ok_or_else(bad)?;
            *start = u16::try_from(colon + 1).map_err(|_| bad())?;
        }
        let arn = Self {
            text: text.to_owned(),
            starts,
        };
        if arn.partition().is_empty() || arn.service().is_empty() || arn.resource().is_empty() {
            return Err(bad());
        }
        Ok(arn)
    }

    fn part(&self, n: usize) -> &str {
        let begin = self.starts.get(n).copied().map_or(0, usize::from);
        let end = self
            .starts
            .get(n + 1)
            .map_or(self.text.len(), |next| usize::from(*next) - 1);
        self.text.get(begin..end).unwrap_or_default()
    }

    /// `aws`.
    pub fn partition(&self) -> &str {
        self.part(0)
    }

    /// The service's namespace, such as `ecs`.
    pub fn service(&self) -> &str {
        self.part(1)
    }

    /// The region, or empty.
    pub fn region(&self) -> &str {
        self.part(2)
    }

    /// The account id, or empty, or `aws` for AWS-managed policies.
    pub fn account(&self) -> &str {
        self.part(3)
    }

    /// Everything after the fifth colon, such as `task/cluster/0123`.
    pub fn resource(&self) -> &str {
        self.part(4)
    }

    /// The resource's type and what follows its first `/` or `:`; the type is empty if there is
    /// no such separator.
    pub fn type_and_id(&self) -> (&str, &str) {
        let resource = self.resource();
        match resource.find(['/', ':']) {
            Some(at) => (
                resource.get(..at).unwrap_or_default(),
                resource.get(at + 1..).unwrap_or_default(),
            ),
            None => ("", resource),
        }
    }

    /// The whole text.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for Arn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl From<Arn> for String {
    fn from(arn: Arn) -> Self {
        arn.text
    }
}

impl TryFrom<String> for Arn {
    type Error = InvalidArn;
    fn try_from(text: String) -> Result<Self, InvalidArn> {
        Self::parse(&text)
    }
}

impl std::str::FromStr for Arn {
    type Err = InvalidArn;
    fn from_str(text: &str) -> Result<Self, InvalidArn> {
        Self::parse(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_found_and_the_resource_keeps_its_colons() {
        let arn = Arn::parse("arn:aws:logs:us-east-1:123456789012:log-group:/ecs/app:*").unwrap();
        assert_eq!((arn.partition(), arn.service()), ("aws", "logs"));
        assert_eq!((arn.region(), arn.account()), ("us-east-1", "123456789012"));
        assert_eq!(arn.resource(), "log-group:/ecs/app:*");
        assert_eq!(arn.type_and_id(), ("log-group", "/ecs/app:*"));
        let role = Arn::new("iam", "", "123456789012", "role/app");
        assert_eq!(role.as_str(), "arn:aws:iam::123456789012:role/app");
        assert_eq!(role.type_and_id(), ("role", "app"));
    }

    #[test]
    fn what_is_no_arn_is_refused() {
        let malformed = [
            "",
            "arn",
            "arn:aws::iam::aws",
            "arn:aws:iam:111122223333:aws",
            "role/app",
            "arn::iam::123456789012:role/x",
            "arn:aws:iam::123456789012:",
        ];
        for bad in malformed {
            assert!(Arn::parse(bad).is_err(), "{bad}");
        }
    }
}
