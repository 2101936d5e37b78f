//! How an agent logs in to the registry of an image.

use rolecall_api::ecs::ContainerDefinition;
use rolecall_base::Arn;

use super::TaskToCompile;
use crate::task::{AsmAuthData, EcrAuthData, RegistryAuthentication};

/// The login for the container's image; none for a public registry.
pub(super) fn authentication(
    input: &TaskToCompile<'_>,
    definition: &ContainerDefinition,
) -> Option<RegistryAuthentication> {
    if let Some(credentials) = &definition.repository_credentials {
        let parameter = credentials
            .credentials_parameter
            .clone()
            .unwrap_or_default();
        let arn = Arn::parse(&parameter).ok();
        let named = arn.as_ref().map(Arn::region).filter(|r| !r.is_empty());
        return Some(RegistryAuthentication {
            r#type: "asm".to_owned(),
            asm_auth_data: Some(AsmAuthData {
                region: named.unwrap_or(input.region.as_str()).to_owned(),
                credentials_parameter: parameter,
            }),
            ecr_auth_data: None,
        });
    }
    let image = definition.image.as_deref().unwrap_or_default();
    let registry = EcrRegistry::of(image, &input.endpoints.registry_hosts)?;
    Some(RegistryAuthentication {
        r#type: "ecr".to_owned(),
        ecr_auth_data: Some(EcrAuthData {
            registry_id: registry
                .account
                .unwrap_or(input.account.as_str())
                .to_owned(),
            region: registry.region.unwrap_or(input.region.as_str()).to_owned(),
            endpoint_override: input.endpoints.ecr.clone(),
            use_execution_role: input.execution_role_credentials.is_some(),
        }),
        asm_auth_data: None,
    })
}

/// The ECR registry that an image reference names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct EcrRegistry<'a> {
    account: Option<&'a str>,
    region: Option<&'a str>,
}

impl<'a> EcrRegistry<'a> {
    /// `ACCOUNT.dkr.ecr.REGION.amazonaws.com/…`, also with one of `hosts` instead of AWS's domain
    /// or before it all; or one of `hosts` alone, which is the task's own account and region.
    pub(super) fn of(image: &'a str, hosts: &[String]) -> Option<Self> {
        let (host, rest) = image.split_once('/')?;
        if hosts.iter().any(|h| h == host) {
            let named = rest
                .split_once('/')
                .and_then(|(name, _)| Self::named(name, hosts));
            return Some(named.unwrap_or(Self {
                account: None,
                region: None,
            }));
        }
        Self::named(host, hosts)
    }

    /// The registry that a host in AWS's form names.
    fn named(host: &'a str, hosts: &[String]) -> Option<Self> {
        let (account, rest) = host.split_once(".dkr.ecr.")?;
        let (region, domain) = rest.split_once('.')?;
        let known = matches!(domain, "amazonaws.com" | "amazonaws.com.cn")
            || hosts.iter().any(|h| h == domain);
        let digits = account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit());
        (known && digits).then_some(Self {
            account: Some(account),
            region: Some(region),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_registries_of_ecr_are_ecr() {
        let hosts = ["127.0.0.1:4566".to_owned(), "localhost:4566".to_owned()];
        let of = |image| EcrRegistry::of(image, &hosts).map(|r| (r.account, r.region));
        let account = Some("123456789012");
        assert_eq!(
            of("123456789012.dkr.ecr.eu-west-1.amazonaws.com/app:1"),
            Some((account, Some("eu-west-1")))
        );
        assert_eq!(
            of("123456789012.dkr.ecr.us-east-1.localhost:4566/app"),
            Some((account, Some("us-east-1")))
        );
        assert_eq!(of("127.0.0.1:4566/app@sha256:00"), Some((None, None)));
        assert_eq!(
            of("127.0.0.1:4566/123456789012.dkr.ecr.eu-west-1.amazonaws.com/app"),
            Some((account, Some("eu-west-1")))
        );
        for other in [
            "nginx",
            "library/nginx:1",
            "quay.io/a/b",
            "127.0.0.1:4567/app",
            "12345678901x.dkr.ecr.eu-west-1.amazonaws.com/app",
            "123456789012.dkr.ecr.eu-west-1.example.com/app",
        ] {
            assert_eq!(of(other), None, "{other}");
        }
    }
}
