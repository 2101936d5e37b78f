//! The ephemeral storage of a task: a file system of its own, of the size that it may fill.
//!
//! The containers' writable layers and the volumes that have no directory of the host lie in it, so
//! that a task that writes without end gets "No space left on device" and nobody else does. It is
//! ext4 in a sparse file, by a loop device: that works on whatever file system the data directory
//! lies on, where quotas would want it mounted with an option. No journal: after a crash of the
//! machine the task is gone as well.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use rustix::fs::SeekFrom as Seeking;
use rustix::mount::{MountFlags, UnmountFlags};

use crate::error::{EngineError, FileContext, Result};
use crate::layout::{TaskDirs, make_private_dir};
use crate::sys;

/// Empty file systems, one file for each size, copied for each task.
pub(crate) struct Templates {
    dir: PathBuf,
    /// One maker at a time.
    making: parking_lot::Mutex<()>,
}

/// What the kernel calls "no such device or address" and its like: this machine has no loop
/// devices, or does not let us have them.
const NO_LOOP: [i32; 5] = [
    libc::ENOENT,
    libc::ENXIO,
    libc::ENODEV,
    libc::EPERM,
    libc::EACCES,
];

impl Templates {
    pub(crate) fn new(data: &Path) -> Self {
        Self {
            dir: data.join("storage"),
            making: parking_lot::Mutex::new(()),
        }
    }

    /// Gives a task its storage of so many bytes. Where this machine cannot, the task shares the
    /// data directory's file system, and that is said.
    ///
    /// # Errors
    /// File errors, [`EngineError::Container`] when the file system cannot be made.
    pub(crate) fn give(&self, dirs: &TaskDirs, bytes: u64) -> Result<()> {
        let at = dirs.storage();
        make_private_dir(&at)?;
        let Some(template) = self.template(bytes)? else {
            tracing::warn!("mkfs.ext4 is missing: the storage of tasks has no limit");
            return Ok(());
        };
        let image = dirs.storage_image();
        let file = copy_sparse(&template, &image)?;
        let device = match sys::attach_loop(&file) {
            Ok(device) => device,
            Err(error) if error.raw_os_error().is_some_and(|e| NO_LOOP.contains(&e)) => {
                tracing::warn!(%error, "no loop device: the storage of tasks has no limit");
                return std::fs::remove_file(&image).at("remove", &image);
            }
            Err(error) => return Err(error).os("attach a loop device"),
        };
        rustix::mount::mount(device.path(), &at, "ext4", MountFlags::NOATIME, None)
            .at("mount the storage at", &at)
    }

    /// The empty file system of a size; none if this machine has no mkfs.ext4.
    fn template(&self, bytes: u64) -> Result<Option<PathBuf>> {
        let path = self.dir.join(format!("{bytes}.ext4"));
        let _one = self.making.lock();
        if path.exists() {
            return Ok(Some(path));
        }
        make_private_dir(&self.dir)?;
        let unfinished = path.with_extension("tmp");
        let file = File::create(&unfinished).at("create", &unfinished)?;
        file.set_len(bytes).at("make room in", &unfinished)?;
        let made = sys::system_program("mkfs.ext4")
            .args(["-q", "-F", "-b", "4096", "-m", "0", "-O", "^has_journal"])
            .args(["-E", "lazy_itable_init=1,nodiscard"])
            .arg(&unfinished)
            .stdin(Stdio::null())
            .output();
        match made {
            Ok(output) if output.status.success() => {}
            Ok(output) => {
                let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
                return Err(EngineError::Container(format!("mkfs.ext4: {said}")));
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                std::fs::remove_file(&unfinished).at("remove", &unfinished)?;
                return Ok(None);
            }
            Err(error) => return Err(error).os("run mkfs.ext4"),
        }
        std::fs::rename(&unfinished, &path).at("rename", &unfinished)?;
        Ok(Some(path))
    }
}

/// Takes a task's storage away from this view of the mounts; none is fine.
pub(crate) fn release(dirs: &TaskDirs) -> Result<()> {
    let at = dirs.storage();
    match rustix::mount::unmount(&at, UnmountFlags::DETACH) {
        Ok(()) | Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOENT) => Ok(()),
        Err(error) => Err(error).at("unmount", &at),
    }
}

/// Copies what is in a sparse file, and leaves the holes.
fn copy_sparse(from: &Path, to: &Path) -> Result<File> {
    let mut source = File::open(from).at("open", from)?;
    let length = source.metadata().at("look at", from)?.size();
    let mut target = File::options()
        .read(true)
        .write(true)
        .create(true)
        .truncate(true)
        .open(to)
        .at("create", to)?;
    target.set_len(length).at("make room in", to)?;
    let mut at = 0;
    loop {
        let start = match rustix::fs::seek(&source, Seeking::Data(at)) {
            Ok(start) => start,
            // Nothing but a hole is left.
            Err(rustix::io::Errno::NXIO) => return Ok(target),
            Err(error) => return Err(error).at("read", from),
        };
        let end = rustix::fs::seek(&source, Seeking::Hole(start)).at("read", from)?;
        source.seek(SeekFrom::Start(start)).at("read", from)?;
        target.seek(SeekFrom::Start(start)).at("write", to)?;
        copy_part(&mut source, &mut target, end - start).at("copy", from)?;
        at = end;
    }
}

/// Copies so many bytes, but for pages of zeros.
fn copy_part(from: &mut File, to: &mut File, length: u64) -> std::io::Result<()> {
    let mut rest = length;
    let mut buffer = vec![0; 64 * 1024];
    while rest > 0 {
        let most = usize::try_from(rest)
            .unwrap_or(usize::MAX)
            .min(buffer.len());
        let part = buffer.get_mut(..most).unwrap_or_default();
        from.read_exact(part)?;
        if part.iter().all(|byte| *byte == 0) {
            to.seek(SeekFrom::Current(i64::try_from(most).unwrap_or(i64::MAX)))?;
        } else {
            to.write_all(part)?;
        }
        rest -= most as u64;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sparse_file_is_copied_and_stays_sparse() {
        let dir = tempfile::tempdir().unwrap();
        let (from, to) = (dir.path().join("from"), dir.path().join("to"));
        let mut file = File::create(&from).unwrap();
        file.set_len(1 << 30).unwrap();
        for (at, text) in [(0, "begin"), (5 << 20, "middle"), ((1 << 30) - 3, "end")] {
            file.seek(SeekFrom::Start(at)).unwrap();
            file.write_all(text.as_bytes()).unwrap();
        }
        let mut copy = copy_sparse(&from, &to).unwrap();
        assert_eq!(copy.metadata().unwrap().len(), 1 << 30);
        assert!(copy.metadata().unwrap().blocks() * 512 < 1 << 20);
        for (at, text) in [(0, "begin"), (5 << 20, "middle"), ((1 << 30) - 3, "end")] {
            let mut found = vec![0; text.len()];
            copy.seek(SeekFrom::Start(at)).unwrap();
            copy.read_exact(&mut found).unwrap();
            assert_eq!(found, text.as_bytes());
        }
    }
}
