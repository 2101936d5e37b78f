//! Where a repository is: registry, region and name, and what is derived from them.

use rolecall_base::{AccountId, Arn, AwsError, Region};
use rolecall_op::RequestInfo;
use rolecall_store::{Doc, Snapshot, Txn};

use crate::documents::Repository;
use crate::errors;

/// A repository's place, whether it exists or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The registry: an account.
    pub account: AccountId,
    /// The region.
    pub region: Region,
    /// The repository's name.
    pub name: String,
}

impl Place {
    /// The repository that a request names; without a registry id, in the caller's account.
    ///
    /// # Errors
    /// `InvalidParameterException` for a registry id that is no account id.
    pub fn of(
        info: &RequestInfo,
        registry_id: Option<&str>,
        name: Option<&str>,
    ) -> Result<Self, AwsError> {
        let account = match registry_id {
            None => info.account().clone(),
            Some(id) => AccountId::new(id).map_err(|_| {
                errors::invalid_parameter(
                    "registryId",
                    "must satisfy regular expression '[0-9]{12}'",
                )
            })?,
        };
        let name = name.unwrap_or_default().to_owned();
        Ok(Self {
            account,
            region: info.region.clone(),
            name,
        })
    }

    /// The repository that an ARN names.
    ///
    /// # Errors
    /// `InvalidParameterException` for what is not the ARN of a repository.
    pub fn of_arn(arn: Option<&str>) -> Result<Self, AwsError> {
        let invalid = || errors::invalid_parameter("resourceArn", "Invalid ARN");
        let arn = Arn::parse(arn.unwrap_or_default()).map_err(|_| invalid())?;
        let name = arn
            .resource()
            .strip_prefix("repository/")
            .ok_or_else(invalid)?;
        if arn.service() != "ecr" || name.is_empty() {
            return Err(invalid());
        }
        Ok(Self {
            account: AccountId::new(arn.account()).map_err(|_| invalid())?,
            region: Region::new(arn.region()).map_err(|_| invalid())?,
            name: name.to_owned(),
        })
    }

    /// The key of the repository's document.
    pub fn key(&self) -> String {
        format!("{}/{}/{}", self.account, self.region, self.name)
    }

    /// The key of what a digest or an upload id names in the repository; of all of them, without.
    pub fn content_key(&self, digest: &str) -> String {
        format!("{}@{digest}", self.key())
    }

    /// The key of a tag of the repository; of all of them, without.
    pub fn tag_key(&self, tag: &str) -> String {
        format!("{}:{tag}", self.key())
    }

    /// The repository's ARN.
    pub fn arn(&self) -> String {
        format!(
            "arn:aws:ecr:{}:{}:repository/{}",
            self.region, self.account, self.name
        )
    }

    /// The repository's address as AWS prints it.
    pub fn uri(&self) -> String {
        format!(
            "{}/{}",
            registry_host(&self.account, &self.region),
            self.name
        )
    }

    /// The repository in a transaction.
    ///
    /// # Errors
    /// `RepositoryNotFoundException`.
    pub fn find(&self, tx: &Txn) -> Result<Doc<Repository>, AwsError> {
        tx.get::<Repository>(&self.key())
            .ok_or_else(|| errors::no_repository(self))
    }

    /// The repository in a snapshot.
    ///
    /// # Errors
    /// `RepositoryNotFoundException`.
    pub fn find_in(&self, snap: &Snapshot) -> Result<Doc<Repository>, AwsError> {
        snap.get::<Repository>(&self.key())
            .ok_or_else(|| errors::no_repository(self))
    }
}

/// The name of a registry's host: `123456789012.dkr.ecr.us-east-1.amazonaws.com`.
///
/// Source: ECR User Guide, "Amazon ECR private registry".
pub fn registry_host(account: &AccountId, region: &Region) -> String {
    format!("{account}.dkr.ecr.{region}.amazonaws.com")
}

/// The registry that a host name of AWS's form stands for, with or without a port.
pub fn registry_of_host(host: &str) -> Option<(AccountId, Region)> {
    let name = host.split_once(':').map_or(host, |(name, _)| name);
    let (account, rest) = name.split_once(".dkr.ecr.")?;
    let region = rest.strip_suffix(".amazonaws.com")?;
    Some((AccountId::new(account).ok()?, Region::new(region).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_of_awss_form_names_account_and_region() {
        let (account, region) =
            registry_of_host("123456789012.dkr.ecr.ap-northeast-1.amazonaws.com:443").unwrap();
        assert_eq!(
            (account.as_str(), region.as_str()),
            ("123456789012", "ap-northeast-1")
        );
        for other in [
            "127.0.0.1:4566",
            "localhost",
            "1.dkr.ecr.us-east-1.amazonaws.com",
        ] {
            assert_eq!(registry_of_host(other), None, "{other}");
        }
    }

    #[test]
    fn only_the_arn_of_a_repository_names_one() {
        let place =
            Place::of_arn(Some("arn:aws:ecr:us-east-1:123456789012:repository/a/b")).unwrap();
        assert_eq!(
            (place.name.as_str(), place.key().as_str()),
            ("a/b", "123456789012/us-east-1/a/b")
        );
        for bad in [
            "a/b",
            "arn:aws:ecs:us-east-1:123456789012:repository/a",
            "arn:aws:ecr:us-east-1:123456789012:repository/",
            "arn:aws:ecr::123456789012:repository/a",
            "arn:aws:ecr:us-east-1:12:repository/a",
        ] {
            let error = Place::of_arn(Some(bad)).unwrap_err();
            assert_eq!(error.code, "InvalidParameterException", "{bad}");
        }
    }
}
