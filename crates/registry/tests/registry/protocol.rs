//! What the distribution specification asks for, over a socket.

use std::time::Duration;

use rolecall_api::ecr as api;
use rolecall_ecr::manifest::digest_of;
use serde_json::json;

use crate::harness::{OCI_MANIFEST, Served, manifest};

#[tokio::test]
async fn without_a_valid_token_the_answer_is_a_challenge() {
    let served = Served::new().await;
    let root = served.login(&served.world.root()).await;
    let user = served.world.user("gone", Some(r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"ecr:*","Resource":"*"}}"#)).await.unwrap();
    let gone = served.login(&user).await;
    let anew = rolecall_identity::User {
        id: "AIDAANOTHER".to_owned(),
        ..rolecall_identity::User::clone(
            &served
                .world
                .pipeline
                .store()
                .snapshot()
                .get::<rolecall_identity::User>("123456789012/gone")
                .unwrap(),
        )
    };
    served.world.put("123456789012/gone", anew).await.unwrap();
    let ok = served.get(&root, "/v2/").await;
    assert_eq!(ok.status, 200);
    assert_eq!(ok.header("docker-distribution-api-version"), "registry/2.0");
    for login in ["", "Basic QVdTOng=", "Basic !", "Bearer x", gone.as_str()] {
        for path in [
            "/v2/",
            "/v2/team/app/tags/list",
            "/v2/none/none",
            "/v2/_catalog",
        ] {
            let refused = served.get(login, path).await;
            assert_eq!(refused.status, 401, "{login} {path}");
            assert_eq!(
                refused.header("www-authenticate"),
                "Basic realm=\"https://123456789012.dkr.ecr.us-east-1.amazonaws.com/\",\
                 service=\"ecr.amazonaws.com\""
            );
            assert_eq!(
                refused.error(),
                ("UNAUTHORIZED".to_owned(), "Not Authorized".to_owned())
            );
        }
    }
    served.world.advance(Duration::from_secs(12 * 3600));
    let expired = served.get(&root, "/v2/").await;
    assert_eq!(expired.status, 401);
    assert!(
        expired
            .error()
            .1
            .starts_with("Your authorization token has expired.")
    );
}

#[tokio::test]
async fn an_image_is_pushed_and_pulled_by_tag_and_digest() {
    let served = Served::new().await;
    let login = served.login(&served.world.root()).await;
    let digest = served.push_image(&login, "team/app", "v1").await;
    for reference in ["v1", digest.as_str()] {
        let path = format!("/v2/team/app/manifests/{reference}");
        let got = served.get(&login, &path).await;
        assert_eq!(got.status, 200);
        assert_eq!(got.header("content-type"), OCI_MANIFEST);
        assert_eq!(got.header("docker-content-digest"), digest);
        assert_eq!(digest_of(&got.body), digest);
        let head = served.send(&login, "HEAD", &path, &[], b"").await;
        assert_eq!((head.status, head.body.len()), (200, 0));
        assert_eq!(head.header("content-length"), got.body.len().to_string());
    }
    let manifest = served.get(&login, "/v2/team/app/manifests/v1").await.json();
    let layer = manifest["layers"][0]["digest"].as_str().unwrap();
    let path = format!("/v2/team/app/blobs/{layer}");
    assert_eq!(served.get(&login, &path).await.body, b"layer v1");
    let head = served.send(&login, "HEAD", &path, &[], b"").await;
    assert_eq!((head.status, head.header("content-length")), (200, "8"));
    let part = served
        .send(&login, "GET", &path, &[("range", "bytes=2-4")], b"")
        .await;
    assert_eq!(
        (part.status, part.body.as_slice()),
        (206, b"yer".as_slice())
    );
    assert_eq!(part.header("content-range"), "bytes 2-4/8");
    let beyond = served
        .send(&login, "GET", &path, &[("range", "bytes=8-")], b"")
        .await;
    assert_eq!(
        (beyond.status, beyond.header("content-range")),
        (416, "bytes */8")
    );

    // Named by the host of its registry: in the path, or as the host of the request.
    let host = "123456789012.dkr.ecr.us-east-1.amazonaws.com";
    let long = served
        .get(&login, &format!("/v2/{host}/team/app/manifests/v1"))
        .await;
    assert_eq!(long.header("docker-content-digest"), digest);
    let by_host = served
        .send(
            &login,
            "GET",
            "/v2/team/app/manifests/v1",
            &[("host", host)],
            b"",
        )
        .await;
    assert_eq!(by_host.header("docker-content-digest"), digest);
    let elsewhere = [("host", "123456789012.dkr.ecr.eu-west-1.amazonaws.com")];
    let elsewhere = served
        .send(&login, "GET", "/v2/team/app/manifests/v1", &elsewhere, b"")
        .await;
    assert_eq!(
        (elsewhere.status, elsewhere.error().0.as_str()),
        (404, "NAME_UNKNOWN")
    );
}

#[tokio::test]
async fn what_is_not_there_is_unknown_by_its_own_code() {
    let served = Served::new().await;
    let login = served.login(&served.world.root()).await;
    let absent = digest_of(b"absent");
    for (path, status, code, message) in [
        (
            "/v2/none/manifests/v1".to_owned(),
            404,
            "NAME_UNKNOWN",
            "The repository with name 'none' does not exist in the registry with id '123456789012'",
        ),
        (
            "/v2/team/app/manifests/v1".to_owned(),
            404,
            "MANIFEST_UNKNOWN",
            "Requested image not found",
        ),
        (
            format!("/v2/team/app/manifests/{absent}"),
            404,
            "MANIFEST_UNKNOWN",
            "Requested",
        ),
        (
            format!("/v2/team/app/blobs/{absent}"),
            404,
            "BLOB_UNKNOWN",
            "The blob",
        ),
        (
            format!("/v2/none/blobs/{absent}"),
            404,
            "NAME_UNKNOWN",
            "The repository",
        ),
        (
            "/v2/none/tags/list".to_owned(),
            404,
            "NAME_UNKNOWN",
            "The repository",
        ),
        (
            "/v2/team/app/manifests/sha512:00".to_owned(),
            400,
            "DIGEST_INVALID",
            "",
        ),
        (
            "/v2/team/app/manifests/.x".to_owned(),
            400,
            "MANIFEST_INVALID",
            "",
        ),
        (
            "/v2/team/app/blobs/uploads/00000000-0000-4000-8000-000000000000".to_owned(),
            404,
            "BLOB_UPLOAD_UNKNOWN",
            "",
        ),
        ("/v2/team/app/what".to_owned(), 404, "UNSUPPORTED", ""),
    ] {
        let answer = served.get(&login, &path).await;
        assert_eq!(answer.status, status, "{path} {answer:?}");
        let (found, text) = answer.error();
        assert_eq!(found, code, "{path}");
        assert!(text.starts_with(message), "{path} {text}");
    }
    let post = served
        .send(&login, "POST", "/v2/team/app/tags/list", &[], b"")
        .await;
    assert_eq!(post.status, 405);
}

#[tokio::test]
async fn a_manifest_is_refused_that_refers_to_what_is_not_there() {
    let served = Served::new().await;
    let login = served.login(&served.world.root()).await;
    let config = served.push_blob(&login, "team/app", b"config").await;
    let absent = digest_of(b"absent");
    let put = async |reference: &str, content_type: &str, body: &str| {
        let path = format!("/v2/team/app/manifests/{reference}");
        served
            .send(
                &login,
                "PUT",
                &path,
                &[("content-type", content_type)],
                body.as_bytes(),
            )
            .await
    };
    let refused = put("v1", OCI_MANIFEST, &manifest(&config, &absent, None)).await;
    assert_eq!(
        (refused.status, refused.error()),
        (
            404,
            (
                "BLOB_UPLOAD_UNKNOWN".to_owned(),
                format!(
                    "Layers with digests '[{absent}]' required for pushing image into repository \
                     with name 'team/app' in the registry with id '123456789012' do not exist"
                )
            )
        )
    );
    let refused = put("v1", OCI_MANIFEST, "{").await;
    assert_eq!(
        (refused.status, refused.error()),
        (
            400,
            (
                "UNSUPPORTED".to_owned(),
                "Invalid parameter at 'ImageManifest' failed to satisfy constraint: 'Invalid JSON \
                 syntax'"
                    .to_owned()
            )
        )
    );
    let good = manifest(&config, &config, None);
    let refused = put(&absent, OCI_MANIFEST, &good).await;
    assert_eq!(
        (refused.status, refused.error().0.as_str()),
        (400, "DIGEST_INVALID")
    );
    let big = vec![b' '; (4 << 20) + 1];
    let refused = put("v1", OCI_MANIFEST, std::str::from_utf8(&big).unwrap()).await;
    assert_eq!(refused.status, 413);
    let made = put(
        &digest_of(good.as_bytes()),
        "application/json; charset=utf-8",
        &good,
    )
    .await;
    assert_eq!(made.status, 201, "{made:?}");
    let location = format!("/v2/team/app/manifests/{}", digest_of(good.as_bytes()));
    assert_eq!(made.header("location"), location);
    // Once more is no error, with and without a tag.
    assert_eq!(put("v1", OCI_MANIFEST, &good).await.status, 201);
    assert_eq!(put("v1", OCI_MANIFEST, &good).await.status, 201);
    let immutable = json!({"repositoryName": "team/app", "imageTagMutability": "IMMUTABLE"});
    let root = served.world.root();
    served
        .world
        .call::<api::PutImageTagMutability>(&root, immutable)
        .await
        .unwrap();
    let other = served.push_blob(&login, "team/app", b"other").await;
    let refused = put("v1", OCI_MANIFEST, &manifest(&config, &other, None)).await;
    assert_eq!(
        (refused.status, refused.error()),
        (
            400,
            (
                "TAG_INVALID".to_owned(),
                "The image tag 'v1' already exists in the 'team/app' repository and cannot be \
                 overwritten because the tag is immutable."
                    .to_owned()
            )
        )
    );
}

#[tokio::test]
async fn tags_are_listed_in_pages_and_images_deleted() {
    let served = Served::new().await;
    let login = served.login(&served.world.root()).await;
    for tag in ["c", "a", "b"] {
        served.push_image(&login, "team/app", tag).await;
    }
    let all = served.get(&login, "/v2/team/app/tags/list").await;
    assert_eq!(
        all.json(),
        json!({"name": "team/app", "tags": ["a", "b", "c"]})
    );
    let first = served.get(&login, "/v2/team/app/tags/list?n=2").await;
    assert_eq!(first.json()["tags"], json!(["a", "b"]));
    assert_eq!(
        first.header("link"),
        "</v2/team/app/tags/list?n=2&last=b>; rel=\"next\""
    );
    let second = served
        .get(&login, "/v2/team/app/tags/list?n=2&last=b")
        .await;
    assert_eq!(
        (second.json()["tags"].clone(), second.header("link")),
        (json!(["c"]), "")
    );
    assert_eq!(
        served
            .get(&login, "/v2/team/app/tags/list?n=0")
            .await
            .json()["tags"],
        json!([])
    );
    assert_eq!(
        served
            .get(&login, "/v2/team/app/tags/list?n=x")
            .await
            .status,
        400
    );
    served.create("other").await;
    let catalog = served.get(&login, "/v2/_catalog").await;
    assert_eq!(
        catalog.json(),
        json!({"repositories": ["other", "team/app"]})
    );
    let gone = served
        .send(&login, "DELETE", "/v2/team/app/manifests/a", &[], b"")
        .await;
    assert_eq!(gone.status, 202);
    let gone = served
        .send(&login, "DELETE", "/v2/team/app/manifests/a", &[], b"")
        .await;
    assert_eq!(gone.status, 404);
    let left = served.get(&login, "/v2/team/app/tags/list").await;
    assert_eq!(left.json()["tags"], json!(["b", "c"]));
}

#[tokio::test]
async fn referrers_are_listed_by_subject_and_artifact_type() {
    let served = Served::new().await;
    let login = served.login(&served.world.root()).await;
    let subject = served.push_image(&login, "team/app", "v1").await;
    let config = served.push_blob(&login, "team/app", b"{}").await;
    let signature = manifest(&config, &config, Some(&subject));
    let digest = digest_of(signature.as_bytes());
    let path = format!("/v2/team/app/manifests/{digest}");
    let put = served
        .send(
            &login,
            "PUT",
            &path,
            &[("content-type", OCI_MANIFEST)],
            signature.as_bytes(),
        )
        .await;
    assert_eq!(
        (put.status, put.header("oci-subject")),
        (201, subject.as_str())
    );
    let path = format!("/v2/team/app/referrers/{subject}");
    let listed = served.get(&login, &path).await;
    assert_eq!(
        listed.header("content-type"),
        "application/vnd.oci.image.index.v1+json"
    );
    assert_eq!(
        listed.json()["manifests"],
        json!([{"mediaType": OCI_MANIFEST, "digest": digest, "size": signature.len(),
            "artifactType": "application/vnd.example.signature",
            "annotations": {"org.example": "yes"}}])
    );
    let none = served
        .get(&login, &format!("{path}?artifactType=text/x"))
        .await;
    assert_eq!(none.json()["manifests"], json!([]));
    assert_eq!(none.header("oci-filters-applied"), "artifactType");
}

#[tokio::test]
async fn a_layer_url_works_without_credentials_for_an_hour() {
    let served = Served::new().await;
    let root = served.world.root();
    let login = served.login(&root).await;
    let digest = served.push_blob(&login, "team/app", b"layer").await;
    let input = json!({"repositoryName": "team/app", "layerDigest": digest});
    let url = served
        .world
        .call::<api::GetDownloadUrlForLayer>(&root, input)
        .await
        .unwrap();
    let url = url.download_url.unwrap();
    let path = url
        .strip_prefix(&format!("http://{}", served.address))
        .unwrap();
    assert_eq!(served.get("", path).await.body, b"layer");
    let altered = format!("{}AA", path.get(..path.len() - 2).unwrap());
    assert_eq!(served.get("", &altered).await.status, 403);
    served.world.advance(Duration::from_secs(3600));
    let expired = served.get("", path).await;
    assert_eq!(
        (expired.status, expired.error().0.as_str()),
        (403, "DENIED")
    );
}
