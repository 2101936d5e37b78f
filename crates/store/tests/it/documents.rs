//! The documents of the tests.

use rolecall_store::{Document, KindInfo, UpgradeError};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Note {
    pub(crate) text: String,
}

impl Document for Note {
    const KIND: &'static str = "test.note";
    const VERSION: u32 = 1;
    const COUNTED: bool = true;
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Counter {
    pub(crate) value: u64,
}

impl Document for Counter {
    const KIND: &'static str = "test.counter";
    const VERSION: u32 = 1;
}

/// JSON has no NaN: it becomes `null`, which is no number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Other {
    pub(crate) ratio: f64,
}

impl Document for Other {
    const KIND: &'static str = "test.other";
    const VERSION: u32 = 1;
}

pub(crate) fn kinds() -> Vec<KindInfo> {
    vec![
        KindInfo::of::<Note>(),
        KindInfo::of::<Counter>(),
        KindInfo::of::<Other>(),
    ]
}

/// The note of a later program: same kind, next version.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct NoteV2 {
    pub(crate) lines: Vec<String>,
}

impl Document for NoteV2 {
    const KIND: &'static str = "test.note";
    const VERSION: u32 = 2;

    fn upgrade(from: u32, json: serde_json::Value) -> Result<Self, UpgradeError> {
        match from {
            1 => {
                let old: Note = serde_json::from_value(json)?;
                if old.text == "unspeakable" {
                    return Err(UpgradeError::Refused("it cannot be said".to_owned()));
                }
                Ok(Self {
                    lines: old.text.lines().map(str::to_owned).collect(),
                })
            }
            from => Err(UpgradeError::UnknownVersion { from }),
        }
    }
}
