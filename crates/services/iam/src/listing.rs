//! `Marker` and `MaxItems`: the pages of IAM's listings.
//!
//! Source: IAM API Reference, `ListRoles`: 100 items by default, at most 1,000; `IsTruncated` and
//! `Marker` when there are more.

use rolecall_base::AwsError;
use rolecall_base::page::{Page, page, read_token, token};

use crate::errors;

/// Keys up to this length stand in a marker as they are, in bytes. Markers have 320 characters at
/// most, and take two for a byte; what may stand in a path is longer than that.
const KEY_MAX: usize = 128;

/// Which page is asked for.
pub(crate) struct Paging {
    after: String,
    /// The name of the last item that was shown, where `after` is only the beginning of its key.
    last: Option<String>,
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
        let (after, last) = match after.split_once('\n') {
            Some((start, last)) => (start.to_owned(), Some(last.to_owned())),
            None => (after, None),
        };
        let max = max_items
            .and_then(|n| usize::try_from(n).ok())
            .unwrap_or(100);
        Ok(Self { after, last, max })
    }

    /// The same page, cut at `max` items: "IAM might return fewer results, even when there are more".
    pub(crate) fn at_most(self, max: usize) -> Self {
        Self {
            max: self.max.min(max),
            ..self
        }
    }

    /// The key of the last item of the page before, or how it begins; empty for the first page.
    pub(crate) fn after(&self) -> &str {
        &self.after
    }

    /// A page of items that already begin behind [`Self::after`], in the order of their keys.
    pub(crate) fn page<T>(
        &self,
        items: impl IntoIterator<Item = T>,
        key: impl Fn(&T) -> String,
    ) -> Page<T> {
        let Some(last) = &self.last else {
            return short(page(items, &key, None, self.max), key);
        };
        let items: Vec<T> = items.into_iter().collect();
        let found = items.iter().position(|item| name_of(&key(item)) == *last);
        let rest = items.into_iter().skip(found.map_or(0, |n| n + 1));
        short(page(rest, &key, None, self.max), key)
    }

    /// A page of a short list in its own order; `key` is unique in it.
    ///
    /// The marker names the last item, and says how many were left: who deletes or detaches what
    /// each page shows still gets the rest.
    pub(crate) fn slice<T>(
        &self,
        items: Vec<T>,
        key: impl Fn(&T) -> String,
    ) -> Result<Page<T>, AwsError> {
        let skipped = if self.after.is_empty() {
            0
        } else {
            let (left, last) =
                read_place(&self.after).ok_or_else(|| errors::validation("Invalid Marker."))?;
            let found = items.iter().position(|item| name_of(&key(item)) == last);
            found.map_or_else(|| items.len().saturating_sub(left), |n| n + 1)
        };
        let mut items = items.into_iter().skip(skipped);
        let mut taken: Vec<T> = items.by_ref().take(self.max).collect();
        taken.shrink_to_fit();
        let left = items.count();
        let last = taken.last().filter(|_| left > 0);
        let next = last.map(|last| token(&format!("{left}/{}", name_of(&key(last)))));
        Ok(Page { items: taken, next })
    }
}

/// A page with a marker that is not too long to be sent back.
fn short<T>(page: Page<T>, key: impl Fn(&T) -> String) -> Page<T> {
    let last = page.items.last().map(key).unwrap_or_default();
    if page.next.is_none() || last.len() <= KEY_MAX {
        return page;
    }
    let start = last.get(..last.floor_char_boundary(KEY_MAX));
    let place = format!("{}\n{}", start.unwrap_or_default(), name_of(&last));
    Page {
        next: Some(token(&place)),
        ..page
    }
}

/// A name of a key that is short, since markers have 320 characters at most: FNV-1a, 64 bits.
///
/// Source: `draft-eastlake-fnv`, "The FNV Non-Cryptographic Hash Algorithm".
fn name_of(key: &str) -> String {
    let hash = key.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    format!("{hash:016x}")
}

/// How many items were left, and the name of the last one that was shown.
fn read_place(after: &str) -> Option<(usize, &str)> {
    let (left, last) = after.split_once('/')?;
    Some((left.parse().ok()?, last))
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

    #[test]
    fn what_is_deleted_between_pages_hides_nothing() {
        let mut all = ["c", "a", "b", "e", "d"].map(str::to_owned).to_vec();
        let mut seen = Vec::new();
        let mut marker = None;
        loop {
            let paging = Paging::new(&marker, Some(2)).unwrap();
            let page = paging.slice(all.clone(), Clone::clone).unwrap();
            all.retain(|item| !page.items.contains(item));
            seen.extend(page.items);
            marker = page.next;
            if marker.is_none() {
                break;
            }
        }
        assert_eq!(seen, ["c", "a", "b", "e", "d"]);
    }

    #[test]
    fn what_is_added_between_pages_hides_nothing() {
        let mut all = ["c", "a", "b"].map(str::to_owned).to_vec();
        let first = Paging::new(&None, Some(2)).unwrap();
        let marker = first.slice(all.clone(), Clone::clone).unwrap().next;
        all.push("d".to_owned());
        let second = Paging::new(&marker, Some(2)).unwrap();
        let page = second.slice(all, Clone::clone).unwrap();
        assert_eq!(
            (page.items, page.next),
            (vec!["b".to_owned(), "d".to_owned()], None)
        );
    }

    #[test]
    fn long_keys_are_paged_in_their_order() {
        let start = "k".repeat(400);
        let all: Vec<String> = (0..5).map(|n| format!("{start}{n}")).collect();
        let mut seen = Vec::new();
        let mut marker = None;
        loop {
            let paging = Paging::new(&marker, Some(2)).unwrap();
            let behind = all.iter().filter(|key| key.as_str() > paging.after());
            let page = paging.page(behind, |key| (*key).clone());
            assert!(page.next.as_ref().is_none_or(|marker| marker.len() <= 320));
            seen.extend(page.items.into_iter().cloned());
            marker = page.next;
            if marker.is_none() {
                break;
            }
        }
        assert_eq!(seen, all);
    }

    #[test]
    fn a_marker_is_short_enough_to_be_sent() {
        let long = vec!["k".repeat(2048), "l".to_owned()];
        let paging = Paging::new(&None, Some(1)).unwrap();
        let marker = paging.slice(long, Clone::clone).unwrap().next.unwrap();
        assert!(marker.len() <= 320, "{}", marker.len());
    }
}
