//! Pages of documents.

use rolecall_base::AwsError;
use rolecall_base::page::{read_token, token};
use rolecall_store::{Doc, Document, Txn};

use crate::errors;

/// The most items of a page, where the request does not say.
const PAGE: usize = 100;

/// How many items a page may have.
pub(crate) fn page_size(max_results: Option<i32>) -> usize {
    max_results
        .and_then(|n| usize::try_from(n).ok())
        .unwrap_or(PAGE)
}

/// The key after which the page begins that a token stands for.
///
/// # Errors
/// `InvalidParameterException` for a token that was not issued.
pub(crate) fn after(next_token: Option<&str>) -> Result<Option<String>, AwsError> {
    let read = |text| read_token(text).map_err(|_| errors::invalid_next_token());
    next_token.map(read).transpose()
}

/// One page of the documents under `prefix` that `keep` wants, and the token of the next one.
pub(crate) fn page<D: Document>(
    tx: &Txn,
    prefix: &str,
    after: Option<&str>,
    max: usize,
    keep: impl Fn(&Doc<D>) -> bool,
) -> (Vec<Doc<D>>, Option<String>) {
    let mut items: Vec<Doc<D>> = Vec::new();
    let mut last = None;
    let documents: Box<dyn Iterator<Item = (&str, Doc<D>)>> = match after {
        Some(after) => Box::new(tx.range_after::<D>(prefix, after)),
        None => Box::new(tx.range::<D>(prefix)),
    };
    for (key, document) in documents {
        if !keep(&document) {
            continue;
        }
        if items.len() == max {
            return (items, last.map(token));
        }
        items.push(document);
        last = Some(key);
    }
    (items, None)
}
