//! Content-addressed blobs, with uploads that resume.
//!
//! `sha256/<2 digits>/<64 digits>` is a blob; `uploads/<id>` is an upload, whose offset is its
//! length. An upload is hashed while it is written; after a restart the first touch hashes what is
//! there. Finishing verifies the digest, makes the bytes durable, renames, and makes the name
//! durable.

mod error;
mod reader;
mod upload;

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, SeekFrom, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use parking_lot::Mutex;
use sha2::Digest as _;
use tokio::io::{AsyncReadExt, AsyncSeekExt};

pub use error::ContentError;
pub use reader::BlobReader;
pub use upload::UploadId;

use crate::digest::Digest;
use crate::files::{private_file, private_folder, remove_file, sync_folder};
use error::io;
use upload::{OpenUpload, Upload};

/// A blob in a listing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoredBlob {
    /// Its digest.
    pub digest: Digest,
    /// Its size in bytes.
    pub size: u64,
    /// When its last byte was written.
    pub modified: SystemTime,
}

/// Content-addressed blobs in a folder. A clone is another handle of the same store.
#[derive(Clone)]
pub struct ContentStore {
    inner: Arc<Inner>,
}

struct Inner {
    folder: PathBuf,
    /// Uploads in use since the start; the others are only files.
    uploads: Mutex<HashMap<UploadId, Arc<Mutex<Upload>>>>,
}

impl ContentStore {
    /// Opens the folder, which is made if need be.
    ///
    /// # Errors
    /// [`ContentError::Io`].
    pub async fn open(folder: impl Into<PathBuf>) -> Result<Self, ContentError> {
        let folder = folder.into();
        let inner = Arc::new(Inner {
            folder,
            uploads: Mutex::default(),
        });
        let store = Self { inner };
        let folders = |inner: &Inner| {
            private_folder(&inner.folder.join("uploads"))?;
            private_folder(&inner.folder.join("sha256"))
        };
        store
            .blocking(move |inner| folders(inner).map_err(io("make the folders")))
            .await?;
        Ok(store)
    }

    /// Begins an upload.
    ///
    /// # Errors
    /// [`ContentError::Io`].
    pub async fn begin(&self) -> Result<UploadId, ContentError> {
        self.blocking(|inner| {
            let id = UploadId::random();
            private_file(&inner.upload_path(id)).map_err(io("begin an upload"))?;
            Ok(id)
        })
        .await
    }

    /// How many bytes of an upload were received.
    ///
    /// # Errors
    /// [`ContentError::UnknownUpload`], [`ContentError::Io`].
    pub async fn upload_size(&self, id: UploadId) -> Result<u64, ContentError> {
        self.blocking(move |inner| inner.with_upload(id, |upload| Ok(upload.size)))
            .await
    }

    /// Adds bytes to an upload; its size after that.
    ///
    /// `offset`, when given, must be where the upload stands. The bytes survive a crash of this
    /// process; a crash of the machine may shorten an upload that is not finished, which its size
    /// then says.
    ///
    /// # Errors
    /// [`ContentError::Offset`] without any effect, [`ContentError::UnknownUpload`],
    /// [`ContentError::Io`].
    pub async fn append(
        &self,
        id: UploadId,
        offset: Option<u64>,
        bytes: Bytes,
    ) -> Result<u64, ContentError> {
        self.blocking(move |inner| {
            inner.with_upload(id, |upload| {
                if let Some(given) = offset
                    && given != upload.size
                {
                    return Err(ContentError::Offset {
                        stands: upload.size,
                        given,
                    });
                }
                upload
                    .file
                    .write_all(&bytes)
                    .map_err(io("write to an upload"))?;
                upload.hasher.update(&bytes);
                upload.size += bytes.len() as u64;
                Ok(upload.size)
            })
        })
        .await
    }

    /// Ends an upload: its bytes become the blob `digest`, durably. The size of the blob.
    ///
    /// # Errors
    /// [`ContentError::DigestMismatch`], after which the upload can be aborted or continued;
    /// [`ContentError::UnknownUpload`], [`ContentError::Io`].
    pub async fn finish(&self, id: UploadId, digest: Digest) -> Result<u64, ContentError> {
        self.blocking(move |inner| {
            inner.with_upload(id, |upload| {
                let actual = Digest::finish(upload.hasher.clone());
                if actual != digest {
                    return Err(ContentError::DigestMismatch {
                        expected: digest,
                        actual,
                    });
                }
                inner.keep(&upload.file, &inner.upload_path(id), digest)?;
                upload.kept = true;
                Ok(upload.size)
            })
        })
        .await
    }

    /// Forgets an upload; whether it was there.
    ///
    /// # Errors
    /// [`ContentError::Io`].
    pub async fn abort(&self, id: UploadId) -> Result<bool, ContentError> {
        self.blocking(move |inner| {
            let found = remove_file(&inner.upload_path(id)).map_err(io("remove an upload"))?;
            inner.end(id);
            Ok(found)
        })
        .await
    }

    /// Forgets the uploads that were last written before a time; how many.
    ///
    /// # Errors
    /// [`ContentError::Io`].
    pub async fn expire_uploads(&self, before: SystemTime) -> Result<usize, ContentError> {
        self.blocking(move |inner| {
            let list = || -> io::Result<Vec<UploadId>> {
                let mut old = Vec::new();
                for entry in fs::read_dir(inner.folder.join("uploads"))? {
                    let entry = entry?;
                    let id = entry
                        .file_name()
                        .to_str()
                        .and_then(|name| name.parse().ok());
                    if let (Some(id), true) = (id, entry.metadata()?.modified()? < before) {
                        old.push(id);
                    }
                }
                Ok(old)
            };
            let old = list().map_err(io("list the uploads"))?;
            for id in &old {
                remove_file(&inner.upload_path(*id)).map_err(io("remove an upload"))?;
                inner.end(*id);
            }
            Ok(old.len())
        })
        .await
    }

    /// Stores a small blob that is already in memory, durably.
    ///
    /// # Errors
    /// [`ContentError::Io`].
    pub async fn put(&self, bytes: Bytes) -> Result<Digest, ContentError> {
        let digest = Digest::of(&bytes);
        self.blocking(move |inner| {
            if inner.size(digest)?.is_some() {
                return Ok(digest);
            }
            let draft = inner.upload_path(UploadId::random());
            let mut file = private_file(&draft).map_err(io("create a blob"))?;
            file.write_all(&bytes).map_err(io("write a blob"))?;
            inner.keep(&file, &draft, digest)?;
            Ok(digest)
        })
        .await
    }

    /// The size of a blob, if it is there.
    ///
    /// # Errors
    /// [`ContentError::Io`].
    pub async fn size(&self, digest: Digest) -> Result<Option<u64>, ContentError> {
        self.blocking(move |inner| inner.size(digest)).await
    }

    /// The file of a blob, for those who read it by its path. It may not be there.
    #[must_use]
    pub fn path(&self, digest: Digest) -> PathBuf {
        self.inner.blob_path(digest)
    }

    /// A blob, or a part of it, to be read piece by piece. It can be read to its end even when it
    /// is deleted meanwhile.
    ///
    /// # Errors
    /// [`ContentError::UnknownBlob`], [`ContentError::Range`], [`ContentError::Io`].
    pub async fn read(
        &self,
        digest: Digest,
        range: Option<Range<u64>>,
    ) -> Result<BlobReader, ContentError> {
        let mut file = match tokio::fs::File::open(self.inner.blob_path(digest)).await {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(ContentError::UnknownBlob(digest));
            }
            Err(source) => {
                return Err(ContentError::Io {
                    step: "open a blob",
                    source,
                });
            }
        };
        let size = file.metadata().await.map_err(io("look at a blob"))?.len();
        let range = range.unwrap_or(0..size);
        if range.start > range.end || range.end > size {
            return Err(ContentError::Range { range, size });
        }
        file.seek(SeekFrom::Start(range.start))
            .await
            .map_err(io("seek in a blob"))?;
        Ok(BlobReader {
            size,
            file: file.take(range.end - range.start),
            range,
        })
    }

    /// A whole blob in memory.
    ///
    /// # Errors
    /// [`ContentError::TooLarge`] beyond `limit` bytes, and as for [`read`](Self::read).
    pub async fn read_all(&self, digest: Digest, limit: u64) -> Result<Bytes, ContentError> {
        let mut reader = self.read(digest, None).await?;
        let size = reader.size;
        if size > limit {
            return Err(ContentError::TooLarge { size, limit });
        }
        let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or_default());
        reader
            .read_to_end(&mut bytes)
            .await
            .map_err(io("read a blob"))?;
        Ok(bytes.into())
    }

    /// Deletes a blob; whether it was there.
    ///
    /// # Errors
    /// [`ContentError::Io`].
    pub async fn delete(&self, digest: Digest) -> Result<bool, ContentError> {
        self.blocking(move |inner| {
            let path = inner.blob_path(digest);
            let found = remove_file(&path).map_err(io("delete a blob"))?;
            if found && let Some(folder) = path.parent() {
                sync_folder(folder).map_err(io("make a deletion durable"))?;
            }
            Ok(found)
        })
        .await
    }

    /// All blobs, in no order: for finding those that nothing refers to.
    ///
    /// # Errors
    /// [`ContentError::Io`].
    pub async fn list(&self) -> Result<Vec<StoredBlob>, ContentError> {
        self.blocking(|inner| inner.list().map_err(io("list the blobs")))
            .await
    }

    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Inner) -> Result<T, ContentError> + Send + 'static,
    ) -> Result<T, ContentError> {
        let inner = Arc::clone(&self.inner);
        match tokio::task::spawn_blocking(move || work(&inner)).await {
            Ok(done) => done,
            Err(error) => Err(io("finish the file work")(io::Error::other(error))),
        }
    }
}

impl Inner {
    fn upload_path(&self, id: UploadId) -> PathBuf {
        self.folder.join("uploads").join(id.to_string())
    }

    fn blob_path(&self, digest: Digest) -> PathBuf {
        let digits = digest.hex();
        let shard: String = digits.chars().take(2).collect();
        self.folder.join("sha256").join(shard).join(digits)
    }

    /// Works on an upload, alone.
    fn with_upload<T>(
        &self,
        id: UploadId,
        work: impl FnOnce(&mut OpenUpload) -> Result<T, ContentError>,
    ) -> Result<T, ContentError> {
        let upload = {
            let mut uploads = self.uploads.lock();
            let fresh = || {
                Arc::new(Mutex::new(Upload {
                    open: None,
                    ended: false,
                }))
            };
            Arc::clone(uploads.entry(id).or_insert_with(fresh))
        };
        let mut upload = upload.lock();
        if upload.ended {
            return Err(ContentError::UnknownUpload(id));
        }
        let mut open = match upload.open.take() {
            Some(open) => open,
            None => match OpenUpload::resume(&self.upload_path(id)) {
                Ok(Some(open)) => open,
                Ok(None) => {
                    self.uploads.lock().remove(&id);
                    return Err(ContentError::UnknownUpload(id));
                }
                Err(source) => {
                    return Err(ContentError::Io {
                        step: "resume an upload",
                        source,
                    });
                }
            },
        };
        let done = work(&mut open);
        if open.kept {
            // Still under the lock: nobody may write to what is a blob now.
            upload.ended = true;
            self.uploads.lock().remove(&id);
            return done;
        }
        // After a failed write the hash may not match the file: the next touch starts from the
        // file.
        if !matches!(done, Err(ContentError::Io { .. })) {
            upload.open = Some(open);
        }
        done
    }

    /// Marks an upload as over for those who already hold it.
    fn end(&self, id: UploadId) {
        let upload = self.uploads.lock().remove(&id);
        if let Some(upload) = upload {
            let mut upload = upload.lock();
            upload.ended = true;
            upload.open = None;
        }
    }

    /// Makes a written file the blob.
    fn keep(&self, file: &File, path: &Path, digest: Digest) -> Result<(), ContentError> {
        let target = self.blob_path(digest);
        let folder = target.parent().unwrap_or(&self.folder);
        private_folder(folder).map_err(io("make a blob's folder"))?;
        file.sync_all().map_err(io("make a blob durable"))?;
        fs::rename(path, &target).map_err(io("name a blob"))?;
        sync_folder(folder).map_err(io("make a blob's name durable"))
    }

    fn size(&self, digest: Digest) -> Result<Option<u64>, ContentError> {
        match fs::metadata(self.blob_path(digest)) {
            Ok(metadata) => Ok(Some(metadata.len())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(ContentError::Io {
                step: "look at a blob",
                source,
            }),
        }
    }

    fn list(&self) -> io::Result<Vec<StoredBlob>> {
        let mut blobs = Vec::new();
        for shard in fs::read_dir(self.folder.join("sha256"))? {
            for entry in fs::read_dir(shard?.path())? {
                let entry = entry?;
                let name = entry.file_name();
                let Some(Ok(digest)) = name.to_str().map(|name| format!("sha256:{name}").parse())
                else {
                    continue;
                };
                let metadata = match entry.metadata() {
                    Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                    metadata => metadata?,
                };
                let (size, modified) = (metadata.len(), metadata.modified()?);
                blobs.push(StoredBlob {
                    digest,
                    size,
                    modified,
                });
            }
        }
        Ok(blobs)
    }
}
