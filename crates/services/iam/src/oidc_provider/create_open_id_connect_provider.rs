//! `CreateOpenIDConnectProvider`.

use rolecall_api::iam as api;
use rolecall_base::{AwsError, Tags};
use rolecall_federation::Providers;
use rolecall_identity::OidcProvider;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessCheck, AccessRequest, DataContext, DataOperation};
use rolecall_store::Txn;

use crate::oidc_provider::{
    CLIENT_IDS_MAX, PROVIDERS_MAX, TAGS_QUOTA, thumbprints, too_many_client_ids,
};
use crate::tags::Case;
use crate::text::required;
use crate::{access, errors, quota, tags};

/// Creates a provider. With tags, `iam:TagOpenIDConnectProvider` is needed as well.
///
/// The URL begins with `https://` and has no query. AWS wants no port in it; here there may be one,
/// since providers of one's own machines often stand on one. Without thumbprints the provider is
/// asked for its certificates, and the topmost is taken, as AWS does.
///
/// Source: IAM API Reference, `CreateOpenIDConnectProvider`.
pub struct CreateOpenIDConnectProvider;

impl DataOperation for CreateOpenIDConnectProvider {
    type Api = rolecall_api::iam::CreateOpenIDConnectProvider;
    const EXAMPLE: &'static str = r#"{"Url":"https://token.example.com","ClientIDList":["sts.amazonaws.com"],"ThumbprintList":["9e99a48a9960b14926bb7f3b02e22da2b0ab7280"]}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        let arn = OidcProvider::arn_of(req.account(), required(&input.url));
        Ok(access::creation(
            AccessCheck::new("iam:CreateOpenIDConnectProvider", arn),
            "iam:TagOpenIDConnectProvider",
            &tags::given(&input.tags),
        ))
    }

    async fn handle(
        input: Input<Self::Api>,
        ctx: DataContext,
    ) -> Result<Output<Self::Api>, AwsError> {
        let url = required(&input.url).to_owned();
        if !is_provider_url(&url) {
            return Err(errors::validation("Invalid Open ID Connect Provider URL"));
        }
        let mut made = new(&input, &ctx, &url)?;
        if made.thumbprints.is_empty() {
            // Before asking anybody: the answer may be that it exists.
            check(&made, &ctx)?;
            let providers = ctx.port::<dyn Providers>()?;
            let found = providers.top_thumbprint(url).await;
            made.thumbprints = vec![found.map_err(|error| unreachable(&error))?];
        }
        let shown = api::CreateOpenIDConnectProviderResponse {
            open_id_connect_provider_arn: Some(made.arn.clone()),
            tags: tags::shown(&made.tags),
        };
        let put = move |tx: &mut Txn| {
            let key = OidcProvider::key_of(&made.account, &made.url);
            if tx.get::<OidcProvider>(&key).is_some() {
                return Err(exists(&made.url));
            }
            let name = "OpenIdConnectProvidersPerAccount";
            quota::check::<OidcProvider>(tx, &made.account, name, PROVIDERS_MAX)?;
            tx.put(key, made.clone());
            Ok(())
        };
        let done = ctx.store.transact(put).await;
        done.map_err(|error| {
            error
                .into_refused()
                .unwrap_or_else(|_| AwsError::internal())
        })?;
        Ok(shown)
    }
}

fn new(
    input: &Input<api::CreateOpenIDConnectProvider>,
    ctx: &DataContext,
    url: &str,
) -> Result<OidcProvider, AwsError> {
    let mut tags = Tags::default();
    tags::add(&mut tags, &input.tags, Case::Matters, TAGS_QUOTA)?;
    let mut client_ids: Vec<String> = Vec::new();
    for id in input.client_id_list.iter().flatten() {
        if !client_ids.contains(id) {
            client_ids.push(id.clone());
        }
    }
    if client_ids.len() > CLIENT_IDS_MAX {
        return Err(too_many_client_ids());
    }
    Ok(OidcProvider {
        account: ctx.account().clone(),
        arn: OidcProvider::arn_of(ctx.account(), url),
        url: url.to_owned(),
        client_ids,
        thumbprints: thumbprints(input.thumbprint_list.as_deref().unwrap_or_default())?,
        created: ctx.now,
        tags,
    })
}

fn check(made: &OidcProvider, ctx: &DataContext) -> Result<(), AwsError> {
    let key = OidcProvider::key_of(&made.account, &made.url);
    match ctx.store.snapshot().get::<OidcProvider>(&key) {
        Some(_) => Err(exists(&made.url)),
        None => Ok(()),
    }
}

/// Whether this may be the issuer of an OpenID Connect provider: HTTPS, a host, no query.
fn is_provider_url(url: &str) -> bool {
    let Some(rest) = url.strip_prefix("https://") else {
        return false;
    };
    let host = rest.split(['/', ':']).next().unwrap_or_default();
    !host.is_empty()
        && !rest.contains(['?', '#', '@', ' ', '\\'])
        && rest.bytes().all(|b| b.is_ascii_graphic())
}

fn exists(url: &str) -> AwsError {
    let message = format!("Provider with url {url} already exists.");
    AwsError::new("EntityAlreadyExists", message).with_status(409)
}

fn unreachable(error: &rolecall_federation::FetchError) -> AwsError {
    AwsError::new(
        "OpenIdIdpCommunicationError",
        format!("Could not retrieve the thumbprint of the OpenID Connect provider: {error}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_https_without_a_query() {
        for (url, good) in [
            ("https://a.example", true),
            ("https://a.example/realms/x", true),
            ("https://localhost:8443", true),
            ("http://a.example", false),
            ("https://", false),
            ("https://a.example?x=1", false),
            ("https://u@a.example", false),
            ("a.example", false),
        ] {
            assert_eq!(is_provider_url(url), good, "{url}");
        }
    }
}
