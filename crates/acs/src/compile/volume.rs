//! Volumes of a task definition to volumes of a payload.

use rolecall_api::ecs::Volume as ApiVolume;

use super::CompileError;
use crate::task::{DockerVolume, EfsAuthorization, EfsVolume, HostVolume, Volume};

/// Compiles a volume. One with no kind at all is a volume of the task's own, as on Fargate.
pub(super) fn compile(volume: &ApiVolume) -> Result<Volume, CompileError> {
    let name = volume.name.clone().unwrap_or_default();
    if volume
        .fsx_windows_file_server_volume_configuration
        .is_some()
        || volume.s3files_volume_configuration.is_some()
        || volume.configured_at_launch == Some(true)
    {
        return Err(CompileError::UnsupportedVolume(name));
    }
    if let Some(docker) = &volume.docker_volume_configuration {
        return Ok(Volume {
            name,
            r#type: Some("docker".to_owned()),
            docker_volume_configuration: Some(DockerVolume {
                scope: docker.scope.clone(),
                autoprovision: docker.autoprovision,
                driver: docker.driver.clone(),
                driver_opts: docker.driver_opts.clone().unwrap_or_default(),
                labels: docker.labels.clone().unwrap_or_default(),
            }),
            ..Volume::default()
        });
    }
    if let Some(efs) = &volume.efs_volume_configuration {
        return Ok(Volume {
            name,
            r#type: Some("efs".to_owned()),
            efs_volume_configuration: Some(EfsVolume {
                file_system_id: efs.file_system_id.clone().unwrap_or_default(),
                root_directory: efs.root_directory.clone(),
                transit_encryption: efs.transit_encryption.clone(),
                transit_encryption_port: efs.transit_encryption_port.map(i64::from),
                authorization_config: efs.authorization_config.as_ref().map(|a| EfsAuthorization {
                    access_point_id: a.access_point_id.clone(),
                    iam: a.iam.clone(),
                }),
            }),
            ..Volume::default()
        });
    }
    let source_path = volume.host.as_ref().and_then(|h| h.source_path.clone());
    let source_path = source_path.filter(|p| !p.is_empty());
    Ok(Volume {
        name,
        host: Some(HostVolume { source_path }),
        ..Volume::default()
    })
}
