//! `Marker` and `MaxItems`: the pages of IAM's listings.
//!
//! Source: IAM API Reference, `ListRoles`: 100 items by default, at most 1,000; `IsTruncated` and
//! `Marker` when there are more.

use rolecall_base::AwsError;
use rolecall_base::page::{Page, page, read_token, token};

use crate::errors;

/// Which page is asked for.
pub(crate) struct Paging {
    after: String,
    max: usize,
}

impl Paging {
    /// From the members of a request.
    pub(crate) fn new(marker: &Option<String>, max_items: Option<i32>) -> Result<Self, AwsError> {
        let after = match marker {
            Some(marker) => {
                read_token(marker).map_err(|_| errors::validation("Invalid Marker."))?
            }
            None => String::new(),
        };
        let max = max_items
            .and_then(|n| usize::try_from(n).ok())
            .unwrap_or(100);
        Ok(Self { after, max })
    }

    /// The same page, cut at `max` items: "IAM might return fewer results, even when there are more".
    pub(crate) fn at_most(self, max: usize) -> Self {
        Self {
            max: self.max.min(max),
            ..self
        }
    }

    /// The key of the last item of the page before; empty for the first page.
    pub(crate) fn after(&self) -> &str {
        &self.after
    }

    /// A page of items that already begin behind [`Self::after`], in the order of their keys.
    pub(crate) fn page<T>(
        &self,
        items: impl IntoIterator<Item = T>,
        key: impl Fn(&T) -> String,
    ) -> Page<T> {
        page(items, key, None, self.max)
    }

    /// A page of a short list in its own order; `key` is unique in it.
    pub(crate) fn slice<T>(
        &self,
        items: Vec<T>,
        key: impl Fn(&T) -> String,
    ) -> Result<Page<T>, AwsError> {
        let mut items = items.into_iter();
        if !self.after.is_empty() && !items.by_ref().any(|item| key(&item) == self.after) {
            return Err(errors::validation("Invalid Marker."));
        }
        let mut taken: Vec<T> = items.by_ref().take(self.max).collect();
        taken.shrink_to_fit();
        let more = items.next().is_some();
        let next = taken.last().filter(|_| more).map(|last| token(&key(last)));
        Ok(Page { items: taken, next })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_lists_are_cut_in_their_own_order() {
        let all = ["c", "a", "b"].map(str::to_owned).to_vec();
        let mut seen = Vec::new();
        let mut marker = None;
        loop {
            let paging = Paging::new(&marker, Some(2)).unwrap();
            let page = paging.slice(all.clone(), Clone::clone).unwrap();
            seen.extend(page.items);
            marker = page.next;
            if marker.is_none() {
                break;
            }
        }
        assert_eq!(seen, all);
    }

    #[test]
    fn a_foreign_marker_is_refused() {
        assert!(Paging::new(&Some("nonsense".to_owned()), None).is_err());
        let paging = Paging::new(&Some(token("gone")), None).unwrap();
        assert!(paging.slice(vec!["a".to_owned()], Clone::clone).is_err());
    }
}
