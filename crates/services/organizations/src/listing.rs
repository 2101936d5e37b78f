//! `NextToken` and `MaxResults`: pages of 20 at most.
//!
//! Source: AWS Organizations API Reference, `ListAccounts`.

use rolecall_base::AwsError;
use rolecall_base::page::{Page, page, read_token};

use crate::errors;

/// The most items of a page, and how many there are where nothing is asked.
const PAGE_MAX: usize = 20;

/// The page of `items` that is asked for; they come in the order of their keys.
pub(crate) fn paged<T>(
    items: Vec<T>,
    key: impl Fn(&T) -> String,
    next_token: &Option<String>,
    max_results: Option<i32>,
) -> Result<Page<T>, AwsError> {
    let after = match next_token {
        Some(token) => Some(read_token(token).map_err(|_| errors::invalid_token())?),
        None => None,
    };
    let max = max_results
        .and_then(|n| usize::try_from(n).ok())
        .unwrap_or(PAGE_MAX);
    Ok(page(items, key, after.as_deref(), max))
}
