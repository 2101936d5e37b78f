//! AWS-managed policies: all of them, with their history, from data compiled into the program.
//!
//! The index is read on first use, without copying; a document is decompressed when it is asked
//! for; the compiled form of a default version is kept. `data/README.md` says where the data
//! comes from and in what it differs from IAM.

mod format;

use std::fmt;
use std::sync::{Arc, OnceLock};

use ring::digest;
use rolecall_base::Timestamp;
use rolecall_policy::{Policy, PolicyKind};

use format::{Contents, Record, VersionRecord};

static DATA: &[u8] = include_bytes!("../data/managed-policies.bin");

/// The ARN of a managed policy of AWS starts with this; a path and a name follow.
const ARN_PREFIX: &str = "arn:aws:iam::aws:policy";

/// An AWS-managed policy: what `iam:GetPolicy` says of it.
pub struct ManagedPolicy {
    record: Record<'static>,
    dictionary: &'static [u8],
    compiled: OnceLock<Option<Arc<Policy>>>,
}

/// One version of an AWS-managed policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ManagedVersion {
    /// The number of `v12`.
    pub number: u16,
    /// When it was made. For other versions than the default one this is often the date of the
    /// policy: the source knows no better.
    pub created: Timestamp,
    /// Whether it is the default version.
    pub is_default: bool,
}

impl ManagedVersion {
    /// `v12`.
    pub fn id(&self) -> String {
        format!("v{}", self.number)
    }
}

/// All AWS-managed policies, by name.
pub struct Catalogue {
    policies: Vec<ManagedPolicy>,
}

/// The catalogue; the first call reads the index.
pub fn catalogue() -> &'static Catalogue {
    static CATALOGUE: OnceLock<Catalogue> = OnceLock::new();
    CATALOGUE.get_or_init(|| Catalogue::read(DATA))
}

/// The policy of an ARN, `arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy`.
pub fn get(arn: &str) -> Option<&'static ManagedPolicy> {
    catalogue().get(arn)
}

/// All policies, by name in byte order.
pub fn iter() -> impl ExactSizeIterator<Item = &'static ManagedPolicy> {
    catalogue().policies.iter()
}

/// The compiled default version of an AWS-managed policy, kept after the first call; `None` when
/// there is no such policy or it does not compile, and then it grants nothing.
pub fn compiled_default(arn: &str) -> Option<Arc<Policy>> {
    get(arn)?.compiled()
}

impl Catalogue {
    /// Data that can't be read gives an empty catalogue: no policy is found, nothing is granted.
    fn read(data: &'static [u8]) -> Self {
        let Contents {
            records,
            dictionary,
        } = format::read(data).unwrap_or_default();
        let policy = |record| ManagedPolicy {
            record,
            dictionary,
            compiled: OnceLock::new(),
        };
        Self {
            policies: records.into_iter().map(policy).collect(),
        }
    }

    /// How many policies there are.
    pub fn len(&self) -> usize {
        self.policies.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.policies.is_empty()
    }

    /// The policy of an ARN.
    pub fn get(&self, arn: &str) -> Option<&ManagedPolicy> {
        let resource = arn.strip_prefix(ARN_PREFIX)?;
        let (_, name) = resource.rsplit_once('/')?;
        let found = self
            .policies
            .binary_search_by_key(&name, |p| p.record.name)
            .ok()?;
        let policy = self.policies.get(found)?;
        (resource.strip_suffix(name) == Some(policy.path())).then_some(policy)
    }
}

impl ManagedPolicy {
    /// `AmazonECSTaskExecutionRolePolicy`.
    pub fn name(&self) -> &'static str {
        self.record.name
    }

    /// `/service-role/`; `/` for most.
    pub fn path(&self) -> &'static str {
        self.record.path
    }

    /// The full ARN.
    pub fn arn(&self) -> String {
        format!("{ARN_PREFIX}{}{}", self.path(), self.name())
    }

    /// `ANPA` and 17 upper-case letters and digits. AWS's own ids are not published together with
    /// the policies: this one is made from the ARN and always the same.
    pub fn policy_id(&self) -> String {
        const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        let hash = digest::digest(&digest::SHA256, self.arn().as_bytes());
        let letter = |byte: &u8| {
            ALPHABET
                .get(usize::from(byte % 32))
                .map_or('A', |b| char::from(*b))
        };
        "ANPA"
            .chars()
            .chain(hash.as_ref().iter().take(17).map(letter))
            .collect()
    }

    /// When the policy was made.
    pub fn created(&self) -> Timestamp {
        Timestamp::from_epoch_seconds(i64::from(self.record.created_s))
    }

    /// When its default version was made.
    pub fn updated(&self) -> Timestamp {
        Timestamp::from_epoch_seconds(i64::from(self.record.updated_s))
    }

    /// The id of the default version, `v12`.
    pub fn default_version(&self) -> String {
        self.versions()
            .next()
            .map_or_else(String::new, |version| version.id())
    }

    /// The versions that are known, the default (and newest) first.
    pub fn versions(&self) -> impl Iterator<Item = ManagedVersion> + '_ {
        let newest = self.record.versions().take(1);
        let mut history: Vec<VersionRecord> = self.record.versions().skip(1).collect();
        history.reverse();
        newest
            .chain(history)
            .enumerate()
            .map(|(position, version)| ManagedVersion {
                number: version.number,
                created: Timestamp::from_epoch_seconds(i64::from(version.created_s)),
                is_default: position == 0,
            })
    }

    /// The JSON text of a version (`v12`), without white space between tokens.
    pub fn document(&self, version: &str) -> Option<String> {
        let digits = version.strip_prefix('v')?;
        let number: u16 = digits.parse().ok()?;
        // `v01` and `v+1` are not ids.
        (digits == number.to_string()).then(|| self.record.document(self.dictionary, number))?
    }

    /// The JSON text of the default version.
    pub fn default_document(&self) -> Option<String> {
        self.document(&self.default_version())
    }

    /// The compiled default version, kept after the first call.
    fn compiled(&self) -> Option<Arc<Policy>> {
        let compile = || {
            let text = self.default_document()?;
            Policy::load(&text, PolicyKind::Identity).ok().map(Arc::new)
        };
        self.compiled.get_or_init(compile).clone()
    }
}

impl fmt::Debug for ManagedPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ManagedPolicy")
            .field("name", &self.name())
            .field("path", &self.path())
            .field("default_version", &self.default_version())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
