//! Rules of volumes and of where they are mounted.

use std::collections::HashSet;

use rolecall_api::ecs::{EFSVolumeConfiguration, TaskDefinition};
use rolecall_base::AwsError;

use super::containers;
use crate::errors::client;

pub(super) fn check(definition: &TaskDefinition) -> Result<(), AwsError> {
    let volumes = definition.volumes.as_deref().unwrap_or_default();
    let mut names = HashSet::new();
    for volume in volumes {
        let name = volume.name.as_deref().unwrap_or_default();
        if name.is_empty() {
            return Err(client("Volume.name should not be null or empty."));
        }
        if !names.insert(name) {
            return Err(client(format!("Duplicate volume name '{name}' found.")));
        }
        let source = volume
            .host
            .as_ref()
            .is_some_and(|h| h.source_path.is_some());
        let kinds = [
            source,
            volume.docker_volume_configuration.is_some(),
            volume.efs_volume_configuration.is_some(),
            volume.s3files_volume_configuration.is_some(),
            volume
                .fsx_windows_file_server_volume_configuration
                .is_some(),
        ];
        if kinds.into_iter().filter(|k| *k).count() > 1 {
            return Err(client(format!(
                "Volume '{name}' can have only one configuration."
            )));
        }
        if let Some(docker) = &volume.docker_volume_configuration
            && docker.autoprovision.is_some()
            && docker.scope.as_deref() != Some("shared")
        {
            return Err(client(
                "When the volume scope is 'task', 'autoprovision' must not be specified.",
            ));
        }
        if let Some(efs) = &volume.efs_volume_configuration {
            efs_volume(efs)?;
        }
    }
    let mut mounted = HashSet::new();
    for container in containers(definition) {
        for mount in container.mount_points.iter().flatten() {
            let source = mount.source_volume.as_deref().unwrap_or_default();
            if !names.contains(source) {
                return Err(client(format!("Unknown volume '{source}'.")));
            }
            if mount.container_path.as_deref().is_none_or(str::is_empty) {
                return Err(client(
                    "MountPoint.containerPath should not be null or empty.",
                ));
            }
            mounted.insert(source);
        }
    }
    for volume in volumes
        .iter()
        .filter(|v| v.configured_at_launch == Some(true))
    {
        let name = volume.name.as_deref().unwrap_or_default();
        if !mounted.contains(name) {
            return Err(client(format!(
                "Volumes [{name}] are not referenced by any of the containers."
            )));
        }
    }
    Ok(())
}

/// Source: Amazon ECS API Reference, `EFSVolumeConfiguration`.
fn efs_volume(efs: &EFSVolumeConfiguration) -> Result<(), AwsError> {
    let encrypted = efs.transit_encryption.as_deref() == Some("ENABLED");
    let authorization = efs.authorization_config.as_ref();
    let access_point = authorization
        .and_then(|a| a.access_point_id.as_ref())
        .is_some();
    let iam = authorization.and_then(|a| a.iam.as_deref()) == Some("ENABLED");
    let root = efs.root_directory.as_deref().unwrap_or("/");
    let message = if access_point && root != "/" {
        "When using an EFS access point, the root directory must either be set to \"/\" or be \
         omitted."
    } else if iam && !encrypted {
        "EFS IAM authorization requires TransitEncryption to be enabled."
    } else if access_point && !encrypted {
        "EFS access points require TransitEncryption to be enabled."
    } else if efs.transit_encryption_port.is_some() && !encrypted {
        "TransitEncryptionPort requires that TransitEncryption is enabled."
    } else {
        return Ok(());
    };
    Err(client(message))
}
