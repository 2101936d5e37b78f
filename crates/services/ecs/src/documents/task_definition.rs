//! Task definitions and their families.

use rolecall_api::ecs as api;
use rolecall_base::Tags;
use rolecall_op::Stored;
use rolecall_store::Document;
use serde::{Deserialize, Serialize};

/// One revision of a family. Keyed by account, region, and [`TaskDefinition::key_part`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TaskDefinition {
    /// Its family.
    pub family: String,
    /// Its revision, from 1.
    pub revision: u32,
    /// `arn:aws:ecs:REGION:ACCOUNT:task-definition/FAMILY:REVISION`
    pub arn: String,
    /// What it can be used for.
    pub status: TaskDefinitionStatus,
    /// Its tags.
    pub tags: Tags,
    /// Everything else, as `DescribeTaskDefinition` answers; `status` there is not kept up.
    pub definition: Stored<api::TaskDefinition>,
}

impl Document for TaskDefinition {
    const KIND: &'static str = "ecs.task_definition";
    const VERSION: u32 = 1;
}

impl TaskDefinition {
    /// The part of the key after account and region. A revision is written with ten digits and
    /// after a character below every one that a family's name may hold, so that keys are ordered
    /// by family and then by revision.
    pub fn key_part(family: &str, revision: u32) -> String {
        format!("{family}#{revision:010}")
    }
}

/// What a task definition can be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TaskDefinitionStatus {
    /// Everything.
    Active,
    /// Only by what runs already.
    Inactive,
    /// It goes once nothing uses it.
    DeleteInProgress,
}

impl TaskDefinitionStatus {
    /// As the API writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "ACTIVE",
            Self::Inactive => "INACTIVE",
            Self::DeleteInProgress => "DELETE_IN_PROGRESS",
        }
    }
}

/// A family: the revision counter, which outlives every revision. Keyed by account, region, name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Family {
    /// Its name.
    pub name: String,
    /// The last revision that was registered.
    pub last_revision: u32,
    /// The greatest revision that is active.
    pub latest_active: Option<u32>,
    /// How many revisions there are, active or not.
    pub revisions: u32,
}

impl Document for Family {
    const KIND: &'static str = "ecs.task_definition_family";
    const VERSION: u32 = 1;
}
