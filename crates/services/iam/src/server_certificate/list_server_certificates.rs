//! `ListServerCertificates`.

use rolecall_api::iam as api;
use rolecall_base::AwsError;
use rolecall_identity::name_key;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::access;
use crate::listing::Paging;
use crate::server_certificate::ServerCertificate;
use crate::text::path_or_root;

/// Lists the certificates below a path, by name.
///
/// Source: IAM API Reference, `ListServerCertificates`.
pub struct ListServerCertificates;

impl Operation for ListServerCertificates {
    type Api = rolecall_api::iam::ListServerCertificates;
    const EXAMPLE: &'static str = "{}";

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(access::listing(
            req,
            "iam:ListServerCertificates",
            "server-certificate",
            &input.path_prefix,
        ))
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let (input, account) = (req.input, req.account());
        let paging = Paging::new(&input.marker, input.max_items)?;
        let below = path_or_root(&input.path_prefix);
        let all = tx
            .range_after::<ServerCertificate>(&name_key(account, ""), paging.after())
            .filter(|(_, certificate)| certificate.path.starts_with(below));
        let page = paging.page(all, |(key, _)| (*key).to_owned());
        let listed = page
            .items
            .iter()
            .map(|(_, certificate)| certificate.metadata());
        Ok(api::ListServerCertificatesResponse {
            server_certificate_metadata_list: Some(listed.collect()),
            is_truncated: Some(page.next.is_some()),
            marker: page.next,
        })
    }
}
