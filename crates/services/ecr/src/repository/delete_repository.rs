//! `DeleteRepository`.

use rolecall_api::ecr as api;
use rolecall_base::AwsError;
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::{Document, Txn};

use super::shown;
use crate::access;
use crate::documents::{Image, ImageTag, Layer, LayerUpload, Manifest, Repository};
use crate::errors;
use crate::place::Place;

/// Deletes a repository; one that holds images only with `force`.
///
/// Source: ECR API Reference, `DeleteRepository`.
pub(crate) struct DeleteRepository;

impl Operation for DeleteRepository {
    type Api = api::DeleteRepository;

    const EXAMPLE: &'static str = r#"{"repositoryName":"team/app","force":true}"#;

    fn access(
        input: &api::DeleteRepositoryRequest,
        req: &AccessRequest<'_>,
    ) -> Result<Access, AwsError> {
        let (id, name) = (
            input.registry_id.as_deref(),
            input.repository_name.as_deref(),
        );
        access::repository("ecr:DeleteRepository", req, id, name)
    }

    fn handle(
        req: Authorized<'_, Self>,
        tx: &mut Txn,
    ) -> Result<api::DeleteRepositoryResponse, AwsError> {
        let input = req.input;
        let place = Place::of(
            req.info,
            input.registry_id.as_deref(),
            input.repository_name.as_deref(),
        )?;
        let repository = place.find(tx)?;
        let content = place.content_key("");
        let has_images = tx.range::<Image>(&content).next().is_some();
        if has_images && input.force != Some(true) {
            return Err(errors::repository_not_empty(&place));
        }
        delete_all::<Image>(tx, &content);
        delete_all::<Manifest>(tx, &content);
        delete_all::<Layer>(tx, &content);
        delete_all::<LayerUpload>(tx, &content);
        delete_all::<ImageTag>(tx, &place.tag_key(""));
        tx.delete::<Repository>(&place.key());
        Ok(api::DeleteRepositoryResponse {
            repository: Some(shown(&repository)),
        })
    }
}

fn delete_all<D: Document>(tx: &mut Txn, prefix: &str) {
    let keys: Vec<String> = tx
        .range::<D>(prefix)
        .map(|(key, _)| key.to_owned())
        .collect();
    for key in keys {
        tx.delete::<D>(&key);
    }
}
