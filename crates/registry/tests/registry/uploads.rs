//! Uploads: chunks, resumption, mounts, and what is refused.

use rolecall_ecr::manifest::digest_of;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::harness::{Answer, Served};

const UPLOADS: &str = "/v2/team/app/blobs/uploads/";

async fn begin(served: &Served, login: &str) -> String {
    let begun = served.send(login, "POST", UPLOADS, &[], b"").await;
    assert_eq!(begun.status, 202, "{begun:?}");
    let location = begun.header("location").to_owned();
    assert_eq!(
        location,
        format!("{UPLOADS}{}", begun.header("docker-upload-uuid"))
    );
    location
}

async fn patch(served: &Served, login: &str, path: &str, range: &str, body: &[u8]) -> Answer {
    let headers: &[(&str, &str)] = if range.is_empty() {
        &[]
    } else {
        &[("content-range", range)]
    };
    served.send(login, "PATCH", path, headers, body).await
}

async fn finish(served: &Served, login: &str, path: &str, digest: &str, body: &[u8]) -> Answer {
    served
        .send(login, "PUT", &format!("{path}?digest={digest}"), &[], body)
        .await
}

#[tokio::test]
async fn chunks_must_follow_each_other() {
    let served = Served::new().await;
    let login = served.login(&served.world.root()).await;
    let path = begin(&served, &login).await;
    let first = patch(&served, &login, &path, "0-4", b"hello").await;
    assert_eq!((first.status, first.header("range")), (202, "0-4"));
    let gap = patch(&served, &login, &path, "7-9", b"gap").await;
    assert_eq!((gap.status, gap.header("range")), (416, "0-4"));
    assert_eq!(gap.error().0, "BLOB_UPLOAD_INVALID");
    let second = patch(&served, &login, &path, "5-6", b", ").await;
    assert_eq!((second.status, second.header("range")), (202, "0-6"));
    let status = served.get(&login, &path).await;
    assert_eq!((status.status, status.header("range")), (204, "0-6"));
    let bad = patch(&served, &login, &path, "x", b"x").await;
    assert_eq!(bad.status, 400);

    let wrong = finish(&served, &login, &path, &digest_of(b"wrong"), b"").await;
    assert_eq!(
        (wrong.status, wrong.error().0.as_str()),
        (400, "DIGEST_INVALID")
    );
    let unkept = finish(&served, &login, &path, "sha512:00", b"").await;
    assert_eq!(
        (unkept.status, unkept.error().0.as_str()),
        (400, "DIGEST_INVALID")
    );
    let digest = digest_of(b"hello, world");
    let done = finish(&served, &login, &path, &digest, b"world").await;
    assert_eq!(
        (done.status, done.header("docker-content-digest")),
        (201, digest.as_str())
    );
    assert_eq!(
        done.header("location"),
        format!("/v2/team/app/blobs/{digest}")
    );
    assert_eq!(
        served.get(&login, done.header("location")).await.body,
        b"hello, world"
    );
    assert_eq!(patch(&served, &login, &path, "", b"more").await.status, 404);
    // The same again is as good.
    served.push_blob(&login, "team/app", b"hello, world").await;
}

#[tokio::test]
async fn an_upload_goes_on_after_a_broken_connection_and_a_restart() {
    let served = Served::new().await;
    let login = served.login(&served.world.root()).await;
    let path = begin(&served, &login).await;
    let whole: Vec<u8> = (0..3_000_000_u32).map(|n| n.to_le_bytes()[1]).collect();
    // Half of what was announced, then the connection is cut.
    let mut stream = TcpStream::connect(served.address).await.unwrap();
    let head = format!(
        "PATCH {path} HTTP/1.1\r\nhost: x\r\nauthorization: {login}\r\ncontent-length: {}\r\n\r\n",
        whole.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(&whole[..1_500_000]).await.unwrap();
    stream.shutdown().await.unwrap();
    drop(stream);
    let mut received = 0;
    for _ in 0..500 {
        let status = served.get(&login, &path).await;
        received = status
            .header("range")
            .strip_prefix("0-")
            .unwrap()
            .parse()
            .unwrap_or(0)
            + 1;
        if received == 1_500_000 {
            break;
        }
        tokio::task::yield_now().await;
    }
    assert_eq!(received, 1_500_000);

    let served = served.restarted().await;
    let status = served.get(&login, &path).await;
    assert_eq!((status.status, status.header("range")), (204, "0-1499999"));
    let range = format!("{received}-{}", whole.len() - 1);
    let rest = patch(&served, &login, &path, &range, &whole[received..]).await;
    assert_eq!(rest.status, 202, "{rest:?}");
    let digest = digest_of(&whole);
    assert_eq!(
        finish(&served, &login, &path, &digest, b"").await.status,
        201
    );
    let blob = served
        .get(&login, &format!("/v2/team/app/blobs/{digest}"))
        .await;
    assert!(blob.body == whole);
}

#[tokio::test]
async fn an_upload_belongs_to_its_repository_and_can_be_given_up() {
    let served = Served::new().await;
    served.create("other").await;
    let login = served.login(&served.world.root()).await;
    let path = begin(&served, &login).await;
    patch(&served, &login, &path, "", b"bytes").await;
    let other = path.replace("team/app", "other");
    for method in ["GET", "PATCH", "DELETE"] {
        let refused = served.send(&login, method, &other, &[], b"").await;
        assert_eq!(
            (refused.status, refused.error().0.as_str()),
            (404, "BLOB_UPLOAD_UNKNOWN")
        );
    }
    assert_eq!(
        served.send(&login, "DELETE", &path, &[], b"").await.status,
        204
    );
    assert_eq!(served.get(&login, &path).await.status, 404);
    let empty = begin(&served, &login).await;
    let refused = finish(&served, &login, &empty, &digest_of(b""), b"").await;
    assert_eq!(
        (refused.status, refused.error().0.as_str()),
        (400, "SIZE_INVALID")
    );
}

#[tokio::test]
async fn a_blob_is_mounted_from_where_the_caller_may_read_it() {
    let served = Served::new().await;
    served.create("other").await;
    served.create("hidden").await;
    let root = served.login(&served.world.root()).await;
    let digest = served.push_blob(&root, "other", b"shared").await;
    let hidden = served.push_blob(&root, "hidden", b"hidden").await;
    let policy = r#"{"Version":"2012-10-17","Statement":[
        {"Effect":"Allow","Action":"ecr:GetAuthorizationToken","Resource":"*"},
        {"Effect":"Allow","Action":"ecr:*","Resource":[
            "arn:aws:ecr:us-east-1:123456789012:repository/team/app",
            "arn:aws:ecr:us-east-1:123456789012:repository/other"]}]}"#;
    let user = served.world.user("dev", Some(policy)).await.unwrap();
    let login = served.login(&user).await;
    let mount = async |digest: &str, from: &str| {
        let path = format!("{UPLOADS}?mount={digest}&from={from}");
        served.send(&login, "POST", &path, &[], b"").await
    };
    let mounted = mount(&digest, "other").await;
    assert_eq!(
        (mounted.status, mounted.header("docker-content-digest")),
        (201, digest.as_str())
    );
    let got = served
        .get(&login, &format!("/v2/team/app/blobs/{digest}"))
        .await;
    assert_eq!(got.body, b"shared");
    // Neither by mounting nor by naming its digest is the bytes of another repository had.
    assert_eq!(mount(&hidden, "hidden").await.status, 202);
    assert_eq!(mount(&hidden, "other").await.status, 202);
    assert_eq!(mount(&digest, "none").await.status, 202);
    assert_eq!(
        served
            .get(&login, &format!("/v2/team/app/blobs/{hidden}"))
            .await
            .status,
        404
    );
}

#[tokio::test]
async fn a_sweep_deletes_what_nothing_refers_to_for_a_day_and_nothing_else() {
    let served = Served::new().await;
    served.create("other").await;
    let login = served.login(&served.world.root()).await;
    served.push_image(&login, "team/app", "v1").await;
    let loose = served.push_blob(&login, "team/app", b"loose").await;
    let shared = served.push_blob(&login, "other", b"layer v1").await;
    let begun = begin(&served, &login).await;
    let day = rolecall_ecr::sweep::UNREFERENCED + std::time::Duration::from_secs(1);
    let old = std::time::SystemTime::now() - day;
    let age = |folder: &std::path::Path| {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let files = if path.is_dir() {
                path.read_dir().unwrap().collect()
            } else {
                Vec::new()
            };
            let files = files.into_iter().map(|file| file.unwrap().path());
            for file in files.chain(path.is_file().then_some(path.clone())) {
                std::fs::File::options()
                    .write(true)
                    .open(file)
                    .unwrap()
                    .set_modified(old)
                    .unwrap();
            }
        }
    };
    let sweep = async || served.layers.sweep(&served.world.pipeline).await.unwrap();
    assert_eq!(sweep().await, rolecall_registry::Swept::default());
    age(&served.folder.path().join("sha256"));
    age(&served.folder.path().join("uploads"));
    // The documents are young: the loose layer stays, the idle upload's bytes go.
    let swept = sweep().await;
    assert_eq!((swept.forgotten, swept.blobs, swept.uploads), (0, 0, 1));
    served.world.advance(day);
    let login = served.login(&served.world.root()).await;
    // Just finished in this process: left alone until later, or until a restart.
    let swept = sweep().await;
    assert_eq!((swept.forgotten, swept.blobs), (3, 0));
    let served = served.restarted().await;
    let swept = served.layers.sweep(&served.world.pipeline).await.unwrap();
    assert_eq!((swept.forgotten, swept.blobs, swept.bytes), (0, 1, 5));
    let has = async |name: &str, digest: &str| {
        served
            .get(&login, &format!("/v2/{name}/blobs/{digest}"))
            .await
            .status
    };
    assert_eq!(has("team/app", &loose).await, 404);
    assert_eq!(has("other", &shared).await, 404);
    assert_eq!(has("team/app", &shared).await, 200);
    assert_eq!(served.get(&login, &begun).await.status, 404);
    // What was deleted can be uploaded again.
    served.push_blob(&login, "team/app", b"loose").await;
}
