//! What can be stored: the document trait, and the type-erased description of a kind.

use std::any::{Any, TypeId};
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

/// A document of any type, shared.
pub(crate) type AnyDoc = Arc<dyn Any + Send + Sync>;

/// A type that can be stored.
///
/// The stored form is its JSON. When that form changes incompatibly, raise `VERSION` and let
/// [`upgrade`](Self::upgrade) read the version before.
pub trait Document: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// The name of the kind, unique in the program, such as `iam.role`. May not hold a NUL byte.
    const KIND: &'static str;
    /// The version of the stored JSON.
    const VERSION: u32;
    /// Whether documents are counted by what their keys have up to the first `/` (an account), for
    /// [`Txn::has_fewer`](crate::Txn::has_fewer). The counts follow from the documents: they are
    /// not stored.
    const COUNTED: bool = false;

    /// Makes a document of today from the JSON of an older version.
    ///
    /// Called at open, once: the upgraded form is written back. The default refuses every version.
    ///
    /// # Errors
    /// [`UpgradeError`] when the version or the JSON is not one that this type knows.
    fn upgrade(from: u32, json: serde_json::Value) -> Result<Self, UpgradeError> {
        drop(json);
        Err(UpgradeError::UnknownVersion { from })
    }
}

/// Why an older document could not be brought to the current version.
#[derive(Debug, thiserror::Error)]
pub enum UpgradeError {
    /// The type has no way from that version.
    #[error("there is no upgrade from version {from}")]
    UnknownVersion {
        /// The version that is stored.
        from: u32,
    },
    /// The JSON is not of the shape that the older version had.
    #[error("the older document could not be read")]
    Decode(#[from] serde_json::Error),
    /// The older document holds something that has no meaning today.
    #[error("{0}")]
    Refused(String),
}

/// Why stored bytes are not a document of their kind.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// The bytes are not the JSON of the type.
    #[error("the JSON does not decode")]
    Json(#[source] serde_json::Error),
    /// Written by a newer program.
    #[error("version {stored} is newer than {known}, the newest that this program knows")]
    Newer {
        /// Version on the disk.
        stored: u32,
        /// Version of the type.
        known: u32,
    },
    /// The upgrade refused.
    #[error("upgrade from version {from}")]
    Upgrade {
        /// Version on the disk.
        from: u32,
        /// Why.
        #[source]
        source: UpgradeError,
    },
}

/// A kind of document with its type erased: what [`Store::open`](crate::Store::open) needs to check
/// and load it.
#[derive(Clone, Copy)]
pub struct KindInfo {
    kind: &'static str,
    version: u32,
    counted: bool,
    type_id: TypeId,
    decode: fn(u32, &[u8]) -> Result<AnyDoc, DecodeError>,
    encode: fn(&(dyn Any + Send + Sync)) -> Result<Vec<u8>, serde_json::Error>,
}

impl KindInfo {
    /// The description of one document type.
    #[must_use]
    pub fn of<D: Document>() -> Self {
        Self {
            kind: D::KIND,
            version: D::VERSION,
            counted: D::COUNTED,
            type_id: TypeId::of::<D>(),
            decode: decode::<D>,
            encode: encode::<D>,
        }
    }

    /// The kind's name.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        self.kind
    }

    /// The version that is written.
    #[must_use]
    pub fn version(&self) -> u32 {
        self.version
    }

    /// Whether its documents are counted by group.
    pub(crate) fn counted(&self) -> bool {
        self.counted
    }

    pub(crate) fn type_id(&self) -> TypeId {
        self.type_id
    }

    pub(crate) fn decode(&self, version: u32, json: &[u8]) -> Result<AnyDoc, DecodeError> {
        (self.decode)(version, json)
    }

    /// Encodes, and reads the result back: what cannot be read again must not be written.
    pub(crate) fn encode_checked(&self, value: &AnyDoc) -> Result<Vec<u8>, serde_json::Error> {
        let json = (self.encode)(value.as_ref())?;
        match (self.decode)(self.version, &json) {
            Ok(_) => Ok(json),
            Err(DecodeError::Json(source)) => Err(source),
            Err(other) => Err(serde::ser::Error::custom(other)),
        }
    }
}

impl std::fmt::Debug for KindInfo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "KindInfo({} v{})", self.kind, self.version)
    }
}

fn decode<D: Document>(version: u32, json: &[u8]) -> Result<AnyDoc, DecodeError> {
    let value: D = match version.cmp(&D::VERSION) {
        std::cmp::Ordering::Equal => serde_json::from_slice(json).map_err(DecodeError::Json)?,
        std::cmp::Ordering::Greater => {
            return Err(DecodeError::Newer {
                stored: version,
                known: D::VERSION,
            });
        }
        std::cmp::Ordering::Less => {
            let json = serde_json::from_slice(json).map_err(DecodeError::Json)?;
            D::upgrade(version, json).map_err(|source| DecodeError::Upgrade {
                from: version,
                source,
            })?
        }
    };
    Ok(Arc::new(value))
}

fn encode<D: Document>(value: &(dyn Any + Send + Sync)) -> Result<Vec<u8>, serde_json::Error> {
    match value.downcast_ref::<D>() {
        Some(value) => serde_json::to_vec(value),
        None => Err(serde::ser::Error::custom(
            "the value is not of the kind's type",
        )),
    }
}
