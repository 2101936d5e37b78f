//! What a path under `/v2/` names.

use rolecall_base::{AccountId, Region};
use rolecall_ecr::registry_of_host;

/// What a request is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    /// `/v2/`: whether the caller is known.
    Base,
    /// The repositories.
    Catalog,
    /// A layer by the token of `GetDownloadUrlForLayer`.
    Layer(String),
    /// Something in a repository.
    In(Named, Target),
}

/// A repository as a path names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Named {
    /// The path between `/v2/` and what is in the repository, which answers refer to.
    pub(crate) path: String,
    /// The registry, if the path begins with its host name.
    pub(crate) registry: Option<(AccountId, Region)>,
    /// The repository's name.
    pub(crate) name: String,
}

/// What in a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// An image by tag or digest.
    Manifest(String),
    /// A blob by digest.
    Blob(String),
    /// Where uploads begin.
    Uploads,
    /// An upload under way.
    Upload(String),
    /// The tags.
    Tags,
    /// What refers to a digest.
    Referrers(String),
}

impl Route {
    /// The route of a path; `None` for one that is none.
    pub(crate) fn parse(path: &str) -> Option<Self> {
        if path == "/v2" {
            return Some(Self::Base);
        }
        let rest = path.strip_prefix("/v2/")?;
        match rest {
            "" => return Some(Self::Base),
            "_catalog" => return Some(Self::Catalog),
            _ => {}
        }
        if let Some(token) = rest.strip_prefix("_layers/") {
            return Some(Self::Layer(token.to_owned()));
        }
        let rest = percent_decoded(rest)?;
        let segments: Vec<&str> = rest.split('/').collect();
        let (name, target) = match segments.as_slice() {
            [name @ .., "blobs", "uploads", ""] | [name @ .., "blobs", "uploads"] => {
                (name, Target::Uploads)
            }
            [name @ .., "blobs", "uploads", id] => (name, Target::Upload((*id).to_owned())),
            [name @ .., "blobs", digest] => (name, Target::Blob((*digest).to_owned())),
            [name @ .., "manifests", reference] => {
                (name, Target::Manifest((*reference).to_owned()))
            }
            [name @ .., "referrers", digest] => (name, Target::Referrers((*digest).to_owned())),
            [name @ .., "tags", "list"] => (name, Target::Tags),
            _ => return None,
        };
        let (registry, repository) = match name {
            [host, rest @ ..] if !rest.is_empty() => match registry_of_host(host) {
                Some(registry) => (Some(registry), rest),
                None => (None, name),
            },
            _ => (None, name),
        };
        let named = Named {
            path: name.join("/"),
            registry,
            name: repository.join("/"),
        };
        is_repository_name(&named.name).then_some(Self::In(named, target))
    }
}

/// Whether `name` can be a repository's (the pattern of ECR's `RepositoryName`).
fn is_repository_name(name: &str) -> bool {
    (2..=256).contains(&name.len()) && name.split('/').all(is_component)
}

/// Letters and digits, with single `.` or `_`, `__`, or any number of `-` between them.
fn is_component(component: &str) -> bool {
    let word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let separators = component
        .split(word)
        .filter(|separator| !separator.is_empty());
    let separated = |separator: &str| {
        matches!(separator, "." | "_" | "__") || separator.bytes().all(|b| b == b'-')
    };
    component.starts_with(word)
        && component.ends_with(word)
        && separators.into_iter().all(separated)
}

/// The path with its `%XX` decoded; `None` if that is not possible.
fn percent_decoded(path: &str) -> Option<String> {
    if !path.contains('%') {
        return Some(path.to_owned());
    }
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || char::from(rest.next()?).to_digit(16);
        let (high, low) = (digit()?, digit()?);
        bytes.push(u8::try_from(high * 16 + low).ok()?);
    }
    String::from_utf8(bytes).ok()
}

/// The values of a query, decoded.
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    pub(crate) fn parse(query: Option<&str>) -> Self {
        let pairs = query.unwrap_or_default().split('&').filter_map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Some((name.to_owned(), percent_decoded(&value.replace('+', " "))?))
        });
        Self(pairs.collect())
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(n, _)| n == name)
            .map(|(_, value)| value.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(path: &str) -> Option<(String, Target)> {
        match Route::parse(path)? {
            Route::In(named, target) => Some((named.name, target)),
            _ => None,
        }
    }

    #[test]
    fn names_may_hold_the_words_of_the_protocol() {
        for (path, name, wanted) in [
            (
                "/v2/app/manifests/latest",
                "app",
                Target::Manifest("latest".into()),
            ),
            ("/v2/a/b/c/tags/list", "a/b/c", Target::Tags),
            ("/v2/tags/list/tags/list", "tags/list", Target::Tags),
            ("/v2/app/blobs/uploads/", "app", Target::Uploads),
            ("/v2/app/blobs/uploads", "app", Target::Uploads),
            (
                "/v2/app/blobs/uploads/x-1",
                "app",
                Target::Upload("x-1".into()),
            ),
            (
                "/v2/blobs/uploads/blobs/sha256:0",
                "blobs/uploads",
                Target::Blob("sha256:0".into()),
            ),
            (
                "/v2/app/blobs/sha256%3A00",
                "app",
                Target::Blob("sha256:00".into()),
            ),
            (
                "/v2/app/referrers/sha256:00",
                "app",
                Target::Referrers("sha256:00".into()),
            ),
        ] {
            assert_eq!(target(path), Some((name.to_owned(), wanted)), "{path}");
        }
        for bad in [
            "/v2/app",
            "/v2/App/tags/list",
            "/v2//tags/list",
            "/v2/../tags/list",
            "/v2/a/tags/list",
            "/v2/app%2/tags/list",
            "/v2/app%ff/tags/list",
            "/v2/app_-x/tags/list",
        ] {
            assert_eq!(Route::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_name_may_begin_with_the_host_of_its_registry() {
        let path = "/v2/123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/app/tags/list";
        let Some(Route::In(named, Target::Tags)) = Route::parse(path) else {
            panic!("{path}")
        };
        assert_eq!(named.name, "team/app");
        assert_eq!(
            named.path,
            "123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/app"
        );
        let (account, region) = named.registry.unwrap();
        assert_eq!(
            (account.as_str(), region.as_str()),
            ("123456789012", "eu-west-1")
        );
    }

    #[test]
    fn the_base_may_end_without_its_slash() {
        assert_eq!(Route::parse("/v2"), Some(Route::Base));
        assert_eq!(Route::parse("/v2/"), Some(Route::Base));
        assert_eq!(Route::parse("/v2x"), None);
    }

    #[test]
    fn a_query_is_decoded() {
        let query = Query::parse(Some("digest=sha256%3A00&n=5&x"));
        assert_eq!(query.get("digest"), Some("sha256:00"));
        assert_eq!(
            (query.get("n"), query.get("x"), query.get("y")),
            (Some("5"), Some(""), None)
        );
    }
}
