//! Pages of listings.

use rolecall_base::AwsError;
use rolecall_base::page::{read_token, token};

use crate::errors;

/// Where a page begins and how long it may be.
pub(crate) struct PageRequest {
    /// The key of the last item of the page before.
    pub(crate) after: Option<String>,
    /// The most items.
    pub(crate) max: usize,
}

impl PageRequest {
    /// From a request's members; `limit` is both AWS's default and its maximum.
    pub(crate) fn new(
        next_token: Option<&str>,
        max_results: Option<i32>,
        limit: i32,
    ) -> Result<Self, AwsError> {
        let max = max_results.unwrap_or(limit);
        if !(1..=limit).contains(&max) {
            return Err(errors::max_results(limit));
        }
        let after = next_token
            .filter(|t| !t.is_empty())
            .map(read_token)
            .transpose();
        Ok(Self {
            after: after.map_err(|_| errors::invalid_token())?,
            max: usize::try_from(max).unwrap_or(1),
        })
    }

    /// Takes one page of `items`, which begin after [`PageRequest::after`] and come with their
    /// keys: the items, and the token of the next page if there is one.
    pub(crate) fn take<'k, T>(
        &self,
        items: impl IntoIterator<Item = (&'k str, T)>,
    ) -> (Vec<T>, Option<String>) {
        let mut taken = Vec::new();
        let mut last = "";
        for (key, item) in items {
            if taken.len() == self.max {
                return (taken, Some(token(last)));
            }
            last = key;
            taken.push(item);
        }
        (taken, None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_ends_at_its_limit_and_says_where_the_next_begins() {
        let keys = ["a", "b", "c"];
        let request = PageRequest::new(None, Some(2), 100).unwrap();
        let (page, next) = request.take(keys.iter().map(|k| (*k, *k)));
        assert_eq!(page, ["a", "b"]);
        let request = PageRequest::new(next.as_deref(), Some(2), 100).unwrap();
        assert_eq!(request.after.as_deref(), Some("b"));
        let (page, next) = request.take([("c", "c")]);
        assert_eq!((page, next), (vec!["c"], None));
        assert!(PageRequest::new(None, Some(0), 100).is_err());
        assert!(PageRequest::new(None, Some(101), 100).is_err());
        assert!(PageRequest::new(Some("x"), None, 100).is_err());
    }
}
