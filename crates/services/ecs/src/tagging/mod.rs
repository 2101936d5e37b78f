//! Tags of every kind of resource.

mod list_tags_for_resource;
mod tag_resource;
mod untag_resource;

pub use list_tags_for_resource::ListTagsForResource;
pub use tag_resource::TagResource;
pub use untag_resource::UntagResource;

use rolecall_base::{Arn, AwsError, Tags};
use rolecall_op::{AccessCheck, AccessRequest, Registry, RequestInfo};
use rolecall_store::{Snapshot, Txn};

use crate::documents::{CapacityProvider, Cluster, Task, TaskDefinition};
use crate::errors;
use crate::refs::{DefinitionRef, key};

/// `registry` with the operations on tags.
pub(crate) fn register(registry: Registry) -> Registry {
    registry
        .with::<TagResource>()
        .with::<UntagResource>()
        .with::<ListTagsForResource>()
}

/// A resource with tags, by the key of its document.
enum Tagged {
    Cluster(String),
    Task(String),
    Definition(String),
    Provider(String),
}

impl Tagged {
    /// The resource of this ARN.
    fn parse(info: &RequestInfo, given: &str) -> Result<Self, AwsError> {
        let malformed = || {
            errors::invalid("The specified ARN is not valid. Specify a valid ARN and try again.")
        };
        let arn = Arn::parse(given).map_err(|_| malformed())?;
        let own = arn.partition() == "aws"
            && arn.service() == "ecs"
            && arn.account() == info.account().as_str()
            && arn.region() == info.region.as_str();
        if !own {
            return Err(malformed());
        }
        let (kind, rest) = arn.type_and_id();
        Ok(match kind {
            "cluster" => Self::Cluster(key(info, rest)),
            "task" => Self::Task(key(info, rest)),
            "capacity-provider" => Self::Provider(key(info, rest)),
            "task-definition" => {
                let named = DefinitionRef::parse(info, given)
                    // Access is decided on the ARN as it is given, so there is one way to give it.
                    .filter(|named| named.access_arn(info) == given)
                    .ok_or_else(malformed)?;
                let revision = named.revision.ok_or_else(malformed)?;
                Self::Definition(key(
                    info,
                    &TaskDefinition::key_part(&named.family, revision),
                ))
            }
            // Services, task sets and container instances are not there yet.
            _ => return Err(errors::resource_not_found(&kind.replace('-', " "))),
        })
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Cluster(_) => "cluster",
            Self::Task(_) => "task",
            Self::Definition(_) => "task definition",
            Self::Provider(_) => "capacity provider",
        }
    }

    /// Its tags, if it is there; those of a cluster that was deleted are gone.
    fn tags(&self, snap: &Snapshot) -> Option<Tags> {
        match self {
            Self::Cluster(key) => snap
                .get::<Cluster>(key)
                .filter(|c| c.is_active())
                .map(|d| d.tags.clone()),
            Self::Task(key) => snap.get::<Task>(key).map(|d| d.tags.clone()),
            Self::Definition(key) => snap.get::<TaskDefinition>(key).map(|d| d.tags.clone()),
            Self::Provider(key) => snap.get::<CapacityProvider>(key).map(|d| d.tags.clone()),
        }
    }

    /// The same, as a precondition of the commit.
    fn read(&self, tx: &Txn) -> Result<Tags, AwsError> {
        let found = match self {
            Self::Cluster(key) => tx
                .get::<Cluster>(key)
                .filter(|c| c.is_active())
                .map(|d| d.tags.clone()),
            Self::Task(key) => tx.get::<Task>(key).map(|d| d.tags.clone()),
            Self::Definition(key) => tx.get::<TaskDefinition>(key).map(|d| d.tags.clone()),
            Self::Provider(key) => tx.get::<CapacityProvider>(key).map(|d| d.tags.clone()),
        };
        found.ok_or_else(|| errors::resource_not_found(self.name()))
    }

    fn write(&self, tx: &mut Txn, tags: Tags) {
        match self {
            Self::Cluster(key) => tx.update::<Cluster>(key, |d| d.tags = tags),
            Self::Task(key) => tx.update::<Task>(key, |d| d.tags = tags),
            Self::Definition(key) => tx.update::<TaskDefinition>(key, |d| d.tags = tags),
            Self::Provider(key) => tx.update::<CapacityProvider>(key, |d| d.tags = tags),
        };
    }
}

/// The check of `action` on the resource that a request names, as it names it.
fn check(req: &AccessRequest<'_>, action: &'static str, given: Option<&str>) -> AccessCheck {
    let given = given.unwrap_or_default();
    let check = AccessCheck::new(action, given);
    match Tagged::parse(req.info, given)
        .ok()
        .and_then(|resource| resource.tags(req.snap))
    {
        Some(tags) => check.service_resource_tags("ecs", &tags),
        None => check,
    }
}
