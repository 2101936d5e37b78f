//! `ListSigningCertificates`.

use rolecall_api::iam as api;
use rolecall_base::AwsError;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::access;
use crate::listing::Paging;
use crate::signing_certificate::{SigningCertificate, shown};
use crate::user_credential::Owner;

/// Lists the certificates of a user, or of the caller if no user is named.
///
/// Source: IAM API Reference, `ListSigningCertificates`.
pub struct ListSigningCertificates;

impl Operation for ListSigningCertificates {
    type Api = rolecall_api::iam::ListSigningCertificates;
    const EXAMPLE: &'static str = r#"{"UserName":"app"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(access::user_or_caller(
            req,
            "iam:ListSigningCertificates",
            input.user_name.as_deref(),
        )
        .into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let paging = Paging::new(&req.input.marker, req.input.max_items)?;
        let owner = Owner::of(tx, req.info, req.input.user_name.as_deref())?;
        let all = owner.all::<SigningCertificate>(tx);
        let page = paging.slice(all, |certificate| certificate.id.clone())?;
        let listed = page
            .items
            .iter()
            .map(|certificate| shown(certificate, &owner.name));
        Ok(api::ListSigningCertificatesResponse {
            certificates: Some(listed.collect()),
            is_truncated: Some(page.next.is_some()),
            marker: page.next,
        })
    }
}
