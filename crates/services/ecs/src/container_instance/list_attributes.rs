//! `ListAttributes`.

use rolecall_api::ecs as api;
use rolecall_base::AwsError;
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::listing::PageRequest;
use crate::refs::ClusterRef;
use crate::{access, errors};

/// Lists the attributes of a cluster's container instances: there are none.
///
/// Source: Amazon ECS API Reference, `ListAttributes`.
pub struct ListAttributes;

impl Operation for ListAttributes {
    type Api = api::ListAttributes;

    const EXAMPLE: &'static str = r#"{"cluster": "example", "targetType": "container-instance"}"#;

    fn access(
        input: &api::ListAttributesRequest,
        req: &AccessRequest<'_>,
    ) -> Result<Access, AwsError> {
        let cluster = ClusterRef::parse(req.info, input.cluster.as_deref())?;
        Ok(access::cluster(req, "ecs:ListAttributes", &cluster).into())
    }

    fn handle(
        req: Authorized<'_, Self>,
        tx: &mut Txn,
    ) -> Result<api::ListAttributesResponse, AwsError> {
        let input = req.input;
        ClusterRef::parse(req.info, input.cluster.as_deref())?.active(req.info, tx)?;
        if input.attribute_value.is_some() && input.attribute_name.is_none() {
            return Err(errors::invalid(
                "You must also specify an attribute name to filter by an attribute value.",
            ));
        }
        PageRequest::new(input.next_token.as_deref(), input.max_results, 100)?;
        Ok(api::ListAttributesResponse {
            attributes: Some(Vec::new()),
            next_token: None,
        })
    }
}
