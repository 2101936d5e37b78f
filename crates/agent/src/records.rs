//! What the agent keeps on disk about a task, so that a restart goes on: its payload without the
//! credentials, what was pulled, how far its logs are shipped.
//!
//! ```text
//! <dir>/<task id>/task.json
//! <dir>/<task id>/<container>.offset
//! ```

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use rolecall_acs::Task;
use serde::{Deserialize, Serialize};

/// A task as it is kept.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct TaskRecord {
    /// The payload, without credentials.
    pub(crate) task: Task,
    /// When pulling began, milliseconds since 1970.
    #[serde(default)]
    pub(crate) pull_started_ms: Option<i64>,
    /// When pulling ended.
    #[serde(default)]
    pub(crate) pull_stopped_ms: Option<i64>,
    /// What is known of the containers' images, by container name.
    #[serde(default)]
    pub(crate) images: BTreeMap<String, ImageRecord>,
}

/// What is kept of a container's image.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct ImageRecord {
    /// `sha256:…` of what the reference named.
    pub(crate) digest: String,
    /// `sha256:…` of the manifest for this platform.
    pub(crate) manifest_digest: String,
    /// What stops a container of it; empty: SIGTERM.
    pub(crate) stop_signal: String,
}

/// The records of all tasks.
#[derive(Debug, Clone)]
pub(crate) struct Records {
    dir: PathBuf,
}

impl Records {
    /// Opens the directory, making it if missing.
    pub(crate) fn open(dir: PathBuf) -> io::Result<Self> {
        use std::os::unix::fs::DirBuilderExt;
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&dir)?;
        Ok(Self { dir })
    }

    /// The tasks that have a record.
    pub(crate) fn list(&self) -> Vec<TaskRecord> {
        let Ok(entries) = std::fs::read_dir(&self.dir) else {
            return Vec::new();
        };
        let names = entries
            .flatten()
            .filter_map(|e| e.file_name().into_string().ok());
        names.filter_map(|id| self.read(&id)).collect()
    }

    /// A task's record; none when it is missing or damaged.
    pub(crate) fn read(&self, task_id: &str) -> Option<TaskRecord> {
        let bytes = std::fs::read(self.dir.join(task_id).join("task.json")).ok()?;
        serde_json::from_slice(&bytes).ok()
    }

    /// Writes a task's record.
    pub(crate) fn write(&self, task_id: &str, record: &TaskRecord) -> io::Result<()> {
        let dir = self.dir.join(task_id);
        std::fs::create_dir_all(&dir)?;
        let bytes = serde_json::to_vec(record)?;
        replace(&dir.join("task.json"), &bytes)
    }

    /// Where shipping a container's log goes on.
    pub(crate) fn shipped(&self, task_id: &str, container: &str) -> Shipped {
        let text = std::fs::read_to_string(self.offset_path(task_id, container));
        let text = text.unwrap_or_default();
        let mut words = text.split_whitespace();
        let offset = words.next().and_then(|word| word.parse().ok());
        Shipped {
            offset: offset.unwrap_or(0),
            token: words.next().unwrap_or_default().to_owned(),
        }
    }

    /// Keeps how far a container's log is shipped.
    pub(crate) fn set_shipped(
        &self,
        task_id: &str,
        container: &str,
        shipped: &Shipped,
    ) -> io::Result<()> {
        let Shipped { offset, token } = shipped;
        let text = format!("{offset} {token}");
        replace(&self.offset_path(task_id, container), text.as_bytes())
    }

    fn offset_path(&self, task_id: &str, container: &str) -> PathBuf {
        self.dir.join(task_id).join(format!("{container}.offset"))
    }

    /// Forgets a task.
    pub(crate) fn remove(&self, task_id: &str) {
        let dir = self.dir.join(task_id);
        if let Err(error) = std::fs::remove_dir_all(&dir)
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!(task = task_id, %error, "its record cannot be removed");
        }
    }
}

/// How far a container's log is shipped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Shipped {
    /// The offset in its log; everything before was acknowledged.
    pub(crate) offset: u64,
    /// The token of the last answer of PutLogEvents; empty before the first.
    pub(crate) token: String,
}

/// Writes a file beside and puts it in place in one step. Readable by its owner only.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    let beside = path.with_extension("new");
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    options.open(&beside)?.write_all(bytes)?;
    std::fs::rename(&beside, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_and_offsets_come_back() {
        let dir = tempfile::tempdir().unwrap();
        let records = Records::open(dir.path().join("tasks")).unwrap();
        let mut record = TaskRecord::default();
        record.task.arn = "arn:aws:ecs:us-east-1:123456789012:task/c/t1".to_owned();
        record.pull_started_ms = Some(7);
        assert!(records.read("t1").is_none());
        records.write("t1", &record).unwrap();
        assert_eq!(records.read("t1").unwrap().pull_started_ms, Some(7));
        assert_eq!(records.list().len(), 1);
        assert_eq!(records.shipped("t1", "web"), Shipped::default());
        let shipped = Shipped {
            offset: 99,
            token: "0007".to_owned(),
        };
        records.set_shipped("t1", "web", &shipped).unwrap();
        assert_eq!(records.shipped("t1", "web"), shipped);
        std::fs::write(records.offset_path("t1", "web"), "99").unwrap();
        assert_eq!(records.shipped("t1", "web").offset, 99);
        records.remove("t1");
        assert!(records.list().is_empty());
        records.remove("t1");
    }
}
