//! Content-addressed blobs and uploads.

use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use rolecall_blob::{ContentError, ContentStore, Digest, UploadId};
use tokio::io::AsyncReadExt;

async fn store() -> (tempfile::TempDir, ContentStore) {
    let folder = tempfile::tempdir().unwrap();
    let store = ContentStore::open(folder.path().join("blobs"))
        .await
        .unwrap();
    (folder, store)
}

#[tokio::test]
async fn an_upload_in_pieces_becomes_a_blob() {
    let (_folder, store) = store().await;
    let id = store.begin().await.unwrap();
    assert_eq!(store.upload_size(id).await.unwrap(), 0);
    assert_eq!(
        store
            .append(id, Some(0), Bytes::from_static(b"hello "))
            .await
            .unwrap(),
        6
    );
    assert_eq!(
        store
            .append(id, None, Bytes::from_static(b"world"))
            .await
            .unwrap(),
        11
    );
    let wrong = store
        .append(id, Some(6), Bytes::from_static(b"again"))
        .await
        .unwrap_err();
    assert!(
        matches!(
            wrong,
            ContentError::Offset {
                stands: 11,
                given: 6
            }
        ),
        "{wrong}"
    );
    let digest = Digest::of(b"hello world");
    let mismatch = store.finish(id, Digest::of(b"other")).await.unwrap_err();
    assert!(matches!(mismatch, ContentError::DigestMismatch { actual, .. } if actual == digest));
    assert_eq!(store.size(digest).await.unwrap(), None);
    assert_eq!(store.finish(id, digest).await.unwrap(), 11);
    assert_eq!(store.size(digest).await.unwrap(), Some(11));
    for after in [
        store
            .append(id, None, Bytes::from_static(b"!"))
            .await
            .map(drop),
        store.finish(id, digest).await.map(drop),
        store.upload_size(id).await.map(drop),
    ] {
        assert!(
            matches!(after, Err(ContentError::UnknownUpload(_))),
            "{after:?}"
        );
    }
    assert_eq!(&*store.read_all(digest, 100).await.unwrap(), b"hello world");
}

#[tokio::test]
async fn an_upload_survives_a_restart() {
    let (folder, store) = store().await;
    let id = store.begin().await.unwrap();
    let part = Bytes::from(vec![7; 600_000]);
    store.append(id, None, part.clone()).await.unwrap();
    drop(store);
    let store = ContentStore::open(folder.path().join("blobs"))
        .await
        .unwrap();
    assert_eq!(store.upload_size(id).await.unwrap(), 600_000);
    store.append(id, Some(600_000), part).await.unwrap();
    let digest = Digest::of(&vec![7; 1_200_000]);
    assert_eq!(store.finish(id, digest).await.unwrap(), 1_200_000);
}

#[tokio::test]
async fn the_same_content_twice_is_one_blob() {
    let (_folder, store) = store().await;
    let digest = store.put(Bytes::from_static(b"same")).await.unwrap();
    assert_eq!(
        store.put(Bytes::from_static(b"same")).await.unwrap(),
        digest
    );
    let id = store.begin().await.unwrap();
    store
        .append(id, None, Bytes::from_static(b"same"))
        .await
        .unwrap();
    store.finish(id, digest).await.unwrap();
    let blobs = store.list().await.unwrap();
    assert_eq!(blobs.len(), 1);
    assert_eq!((blobs[0].digest, blobs[0].size), (digest, 4));
    assert!(store.delete(digest).await.unwrap());
    assert!(!store.delete(digest).await.unwrap());
    assert!(store.list().await.unwrap().is_empty());
}

#[tokio::test]
async fn parts_are_read_by_range() {
    let (_folder, store) = store().await;
    let bytes: Vec<u8> = (0..1_000_000_u32).map(|n| (n % 251) as u8).collect();
    let digest = store.put(Bytes::from(bytes.clone())).await.unwrap();
    let mut reader = store.read(digest, Some(999_990..1_000_000)).await.unwrap();
    assert_eq!(
        (reader.size(), reader.range()),
        (1_000_000, 999_990..1_000_000)
    );
    let mut part = Vec::new();
    reader.read_to_end(&mut part).await.unwrap();
    assert_eq!(part, bytes[999_990..]);
    let mut reader = store.read(digest, Some(10..700_000)).await.unwrap();
    store.delete(digest).await.unwrap();
    let mut part = Vec::new();
    while let Some(chunk) = reader.chunk().await.unwrap() {
        assert!(chunk.len() <= 256 << 10);
        part.extend_from_slice(&chunk);
    }
    assert_eq!(part, bytes[10..700_000], "a reader outlives the deletion");
}

#[tokio::test]
async fn what_is_not_there_is_said_so() {
    let (_folder, store) = store().await;
    let unknown = Digest::of(b"nobody");
    assert!(matches!(
        store.read(unknown, None).await,
        Err(ContentError::UnknownBlob(_))
    ));
    let digest = store.put(Bytes::from_static(b"0123")).await.unwrap();
    #[expect(clippy::reversed_empty_ranges, reason = "that is the point")]
    for range in [0..5, 5..5, 3..2] {
        let refused = store.read(digest, Some(range)).await;
        assert!(matches!(refused, Err(ContentError::Range { size: 4, .. })));
    }
    assert_eq!(
        store
            .read(digest, Some(4..4))
            .await
            .unwrap()
            .chunk()
            .await
            .unwrap(),
        None
    );
    assert!(matches!(
        store.read_all(digest, 3).await,
        Err(ContentError::TooLarge { size: 4, limit: 3 })
    ));
    let id: UploadId = "00000000-0000-4000-8000-000000000000".parse().unwrap();
    assert!(matches!(
        store.finish(id, digest).await,
        Err(ContentError::UnknownUpload(_))
    ));
    for text in [
        "",
        "../../etc/passwd",
        "00000000000040008000000000000000",
        "+",
        "é",
    ] {
        assert!(text.parse::<UploadId>().is_err());
    }
    let id = store.begin().await.unwrap();
    assert_eq!(id.to_string().parse(), Ok(id));
}

#[tokio::test]
async fn abandoned_uploads_expire() {
    let (_folder, store) = store().await;
    let (old, aborted) = (store.begin().await.unwrap(), store.begin().await.unwrap());
    store
        .append(old, None, Bytes::from_static(b"half"))
        .await
        .unwrap();
    assert!(store.abort(aborted).await.unwrap());
    assert!(!store.abort(aborted).await.unwrap());
    let hour = Duration::from_secs(3600);
    assert_eq!(
        store
            .expire_uploads(SystemTime::now() - hour)
            .await
            .unwrap(),
        0
    );
    assert_eq!(store.upload_size(old).await.unwrap(), 4);
    assert_eq!(
        store
            .expire_uploads(SystemTime::now() + hour)
            .await
            .unwrap(),
        1
    );
    assert!(matches!(
        store.upload_size(old).await,
        Err(ContentError::UnknownUpload(_))
    ));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_writers_at_one_offset_one_wins() {
    let (_folder, store) = store().await;
    let id = store.begin().await.unwrap();
    let mut tasks = Vec::new();
    for byte in 0..8_u8 {
        let store = store.clone();
        let bytes = Bytes::from(vec![byte; 1000]);
        tasks.push(tokio::spawn(async move {
            store.append(id, Some(0), bytes).await.is_ok()
        }));
    }
    let mut winners = Vec::new();
    for (byte, task) in (0..8_u8).zip(tasks) {
        winners.extend(task.await.unwrap().then_some(byte));
    }
    assert_eq!(winners.len(), 1);
    store
        .finish(id, Digest::of(&vec![winners[0]; 1000]))
        .await
        .unwrap();
}

#[tokio::test]
async fn only_the_owner_may_read() {
    let (folder, store) = store().await;
    let digest = store
        .put(Bytes::from_static(b"secret layer"))
        .await
        .unwrap();
    let mode = |path: &std::path::Path| path.metadata().unwrap().permissions().mode() & 0o777;
    let file = store.path(digest);
    assert_eq!(mode(&file), 0o600);
    let above = file
        .ancestors()
        .skip(1)
        .take_while(|path| *path != folder.path());
    assert_eq!(above.map(mode).collect::<Vec<_>>(), [0o700; 3]);
}
