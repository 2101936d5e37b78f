//! The file beside the data by which `rolecall env` finds a server's address and root key.

use std::fs;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

const FILE: &str = "credentials.json";

/// How clients reach the server. Readable by its owner only: it holds the root key.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Credentials {
    pub(crate) endpoint: String,
    pub(crate) region: String,
    pub(crate) account: String,
    pub(crate) access_key_id: String,
    pub(crate) secret_access_key: String,
}

impl Credentials {
    /// Writes the file, whole or not at all.
    pub(crate) fn save(&self, data: &Path) -> Result<()> {
        let path = data.join(FILE);
        let fresh = data.join(format!("{FILE}.new"));
        let text = serde_json::to_string_pretty(self).context("encode the credentials")?;
        let mut file = fs::OpenOptions::new()
            .create(true)
            .truncate(true)
            .write(true)
            .mode(0o600)
            .open(&fresh)
            .with_context(|| format!("create {}", fresh.display()))?;
        file.write_all(text.as_bytes())
            .context("write the credentials")?;
        file.sync_all().context("write the credentials")?;
        fs::rename(&fresh, &path).with_context(|| format!("replace {}", path.display()))
    }

    /// Reads the file that a server left in `data`.
    pub(crate) fn load(data: &Path) -> Result<Self> {
        let path = data.join(FILE);
        let text = fs::read_to_string(&path).map_err(|error| {
            let hint = match error.kind() {
                ErrorKind::NotFound => format!(
                    "no server was started in {0} yet: `rolecall up --data {0}`, or name another \
                     directory with --data",
                    data.display()
                ),
                ErrorKind::PermissionDenied => format!(
                    "{} belongs to the user who started the server: run this as that user, or \
                     with sudo",
                    path.display()
                ),
                _ => format!("read {}", path.display()),
            };
            anyhow::Error::new(error).context(hint)
        })?;
        serde_json::from_str(&text).with_context(|| format!("read {}", path.display()))
    }
}
