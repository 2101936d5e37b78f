//! The tags of a repository, and the repositories of the registry, in pages by name.

use http::{Response, StatusCode, header};
use rolecall_api::ecr as api;
use rolecall_server::Body;
use serde_json::json;

use crate::answer::Answer;
use crate::error::Error;
use crate::registry::Asked;

const JSON: &str = "application/json";

/// `GET …/tags/list` (OCI distribution-spec, "Listing Tags").
pub(crate) async fn list(asked: &Asked<'_>) -> Result<Response<Body>, Error> {
    let (registry_id, repository_name) = asked.names();
    let tag_status = Some("TAGGED".to_owned());
    let mut input = api::ListImagesRequest {
        registry_id,
        repository_name,
        max_results: Some(1000),
        filter: Some(api::ListImagesFilter {
            tag_status,
            image_status: None,
        }),
        next_token: None,
    };
    let mut tags = Vec::new();
    loop {
        let page = asked.call::<api::ListImages>(input.clone()).await?;
        tags.extend(
            page.image_ids
                .unwrap_or_default()
                .into_iter()
                .filter_map(|id| id.image_tag),
        );
        match page.next_token {
            Some(next) => input.next_token = Some(next),
            None => break,
        }
    }
    let (tags, next) = page_of(asked, tags)?;
    let value = json!({"name": asked.path, "tags": tags});
    Ok(linked(asked.location("tags/list"), next).json(JSON, &value))
}

/// `GET /v2/_catalog`.
pub(crate) async fn catalog(asked: &Asked<'_>) -> Result<Response<Body>, Error> {
    let mut input = api::DescribeRepositoriesRequest {
        registry_id: Some(asked.place.account.to_string()),
        max_results: Some(1000),
        ..Default::default()
    };
    let mut names = Vec::new();
    loop {
        let page = asked
            .call::<api::DescribeRepositories>(input.clone())
            .await?;
        let repositories = page.repositories.unwrap_or_default();
        names.extend(repositories.into_iter().filter_map(|r| r.repository_name));
        match page.next_token {
            Some(next) => input.next_token = Some(next),
            None => break,
        }
    }
    let (names, next) = page_of(asked, names)?;
    let value = json!({"repositories": names});
    Ok(linked("/v2/_catalog".to_owned(), next).json(JSON, &value))
}

/// The page that `n` and `last` ask for, and the query of the next one.
fn page_of(
    asked: &Asked<'_>,
    mut names: Vec<String>,
) -> Result<(Vec<String>, Option<String>), Error> {
    names.sort_unstable();
    if let Some(last) = asked.query.get("last") {
        names.retain(|name| name.as_str() > last);
    }
    let Some(n) = asked.query.get("n") else {
        return Ok((names, None));
    };
    let n: usize = n.parse().map_err(|_| {
        let message = format!("{n} is not a number of results.");
        Error::new(
            StatusCode::BAD_REQUEST,
            "PAGINATION_NUMBER_INVALID",
            message,
        )
    })?;
    let more = names.len() > n;
    names.truncate(n);
    let next = names
        .last()
        .filter(|_| more)
        .map(|last| format!("n={n}&last={last}"));
    Ok((names, next))
}

fn linked(path: String, next: Option<String>) -> Answer {
    let answer = Answer::new(StatusCode::OK);
    match next {
        Some(query) => answer.header(header::LINK, format!("<{path}?{query}>; rel=\"next\"")),
        None => answer,
    }
}
