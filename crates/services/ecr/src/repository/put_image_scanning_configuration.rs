//! `PutImageScanningConfiguration`.

use rolecall_api::ecr as api;
use rolecall_base::AwsError;
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::access;
use crate::place::Place;

/// Sets whether images are to be scanned when they are pushed. The setting is kept; nothing scans.
///
/// Source: ECR API Reference, `PutImageScanningConfiguration`.
pub(crate) struct PutImageScanningConfiguration;

impl Operation for PutImageScanningConfiguration {
    type Api = api::PutImageScanningConfiguration;

    const EXAMPLE: &'static str =
        r#"{"repositoryName":"team/app","imageScanningConfiguration":{"scanOnPush":true}}"#;

    fn access(
        input: &api::PutImageScanningConfigurationRequest,
        req: &AccessRequest<'_>,
    ) -> Result<Access, AwsError> {
        let (id, name) = (
            input.registry_id.as_deref(),
            input.repository_name.as_deref(),
        );
        access::repository("ecr:PutImageScanningConfiguration", req, id, name)
    }

    fn handle(
        req: Authorized<'_, Self>,
        tx: &mut Txn,
    ) -> Result<api::PutImageScanningConfigurationResponse, AwsError> {
        let input = req.input;
        let place = Place::of(
            req.info,
            input.registry_id.as_deref(),
            input.repository_name.as_deref(),
        )?;
        let mut repository = place.find(tx)?.cloned();
        let given = input.image_scanning_configuration.as_ref();
        let scan_on_push = given.and_then(|scan| scan.scan_on_push).unwrap_or(false);
        repository.scan_on_push = scan_on_push;
        tx.put(place.key(), repository);
        Ok(api::PutImageScanningConfigurationResponse {
            registry_id: Some(place.account.to_string()),
            repository_name: Some(place.name),
            image_scanning_configuration: Some(api::ImageScanningConfiguration {
                scan_on_push: Some(scan_on_push),
            }),
        })
    }
}
