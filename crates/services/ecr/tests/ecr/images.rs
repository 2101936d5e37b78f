//! Images, tags and layers by the API.

use crate::common::{complete, create, manifest, part, push, put_image, upload, world};
use rolecall_api::ecr as api;
use rolecall_ecr::manifest::digest_of;
use serde_json::json;

fn text<T>(result: Result<T, rolecall_base::AwsError>) -> String {
    result
        .err()
        .map(|error| error.to_string())
        .unwrap_or_default()
}

#[tokio::test]
async fn an_image_is_put_found_described_and_deleted() {
    let world = world().await;
    let root = world.root();
    create(&world, "app").await;
    let digest = push(&world, "app", "one", Some("v1")).await;
    let ids = json!({"repositoryName": "app", "imageIds": [{"imageTag": "v1"}, {"imageTag": "v2"},
        {"imageDigest": digest}, {}, {"imageDigest": "sha256:00"}]});
    let got = world.call::<api::BatchGetImage>(&root, ids).await.unwrap();
    let images = got.images.unwrap();
    assert_eq!(images.len(), 2);
    assert_eq!(
        digest_of(images[0].image_manifest.as_ref().unwrap().as_bytes()),
        digest
    );
    let failures: Vec<_> = got
        .failures
        .unwrap()
        .into_iter()
        .map(|f| (f.failure_code.unwrap(), f.failure_reason.unwrap()))
        .collect();
    assert_eq!(
        failures[0],
        (
            "ImageNotFound".to_owned(),
            "Requested image not found".to_owned()
        )
    );
    assert_eq!(failures[1].0, "MissingDigestAndTag");
    assert_eq!(failures[2].0, "InvalidImageDigest");

    let named = json!({"repositoryName": "app", "imageIds": [{"imageTag": "v1"}]});
    let shown = world
        .call::<api::DescribeImages>(&root, named)
        .await
        .unwrap();
    let shown = shown.image_details.unwrap().pop().unwrap();
    assert_eq!(shown.image_tags, Some(vec!["v1".to_owned()]));
    assert_eq!(
        shown.image_size_in_bytes,
        Some("config one".len() as i64 + "layer one".len() as i64)
    );
    assert_eq!(shown.image_pushed_at, Some(world.now()));
    assert_eq!(shown.last_recorded_pull_time, Some(world.now()));
    let missing = json!({"repositoryName": "app", "imageIds": [{"imageTag": "v2"}]});
    assert_eq!(
        text(world.call::<api::DescribeImages>(&root, missing).await),
        "ImageNotFoundException: The image with imageId {imageDigest:'null', imageTag:'v2'} does \
         not exist within the repository with name 'app' in the registry with id '123456789012'"
    );
    let other = json!({"repositoryName": "app", "imageIds": [{"imageTag": "v1"}],
        "acceptedMediaTypes": ["application/vnd.docker.distribution.manifest.v2+json"]});
    let other = world
        .call::<api::BatchGetImage>(&root, other)
        .await
        .unwrap();
    assert_eq!(
        (other.images.unwrap().len(), other.failures.unwrap().len()),
        (0, 1)
    );
}

#[tokio::test]
async fn tags_move_unless_they_are_immutable() {
    let world = world().await;
    let root = world.root();
    create(&world, "app").await;
    let one = push(&world, "app", "one", Some("latest")).await;
    let two = push(&world, "app", "two", Some("latest")).await;
    let list = |filter: &str| json!({"repositoryName": "app", "filter": {"tagStatus": filter}});
    let ids = world
        .call::<api::ListImages>(&root, list("UNTAGGED"))
        .await
        .unwrap();
    assert_eq!(
        ids.image_ids.unwrap()[0].image_digest.as_deref(),
        Some(one.as_str())
    );
    let ids = world
        .call::<api::ListImages>(&root, list("TAGGED"))
        .await
        .unwrap();
    assert_eq!(
        ids.image_ids.unwrap()[0].image_digest.as_deref(),
        Some(two.as_str())
    );

    let immutable = json!({"repositoryName": "app", "imageTagMutability": "IMMUTABLE_WITH_EXCLUSION",
        "imageTagMutabilityExclusionFilters": [{"filterType": "WILDCARD", "filter": "dev*"}]});
    world
        .call::<api::PutImageTagMutability>(&root, immutable)
        .await
        .unwrap();
    let config = digest_of(b"config one");
    let third = manifest(&config, &[&digest_of(b"layer two")]);
    assert_eq!(
        text(put_image(&world, &root, "app", &third, Some("latest")).await),
        "ImageTagAlreadyExistsException: The image tag 'latest' already exists in the 'app' \
         repository and cannot be overwritten because the tag is immutable."
    );
    let second = manifest(&digest_of(b"config two"), &[&digest_of(b"layer two")]);
    assert_eq!(
        text(put_image(&world, &root, "app", &second, Some("latest")).await),
        format!(
            "ImageAlreadyExistsException: Image with digest '{two}' and tag 'latest' already exists \
             in the repository with name 'app' in registry with id '123456789012'"
        )
    );
    put_image(&world, &root, "app", &second, Some("dev-1"))
        .await
        .unwrap();
    put_image(&world, &root, "app", &third, Some("dev-1"))
        .await
        .unwrap();
}

#[tokio::test]
async fn what_a_manifest_refers_to_must_be_in_the_repository() {
    let world = world().await;
    let root = world.root();
    create(&world, "app").await;
    create(&world, "other").await;
    // The bytes are known, but to another repository.
    let layer = upload(&world, "other", b"layer").await.unwrap();
    let config = upload(&world, "app", b"config").await.unwrap();
    assert_eq!(
        text(
            put_image(
                &world,
                &root,
                "app",
                &manifest(&config, &[&layer]),
                Some("x")
            )
            .await
        ),
        format!(
            "LayersNotFoundException: Layers with digests '[{layer}]' required for pushing image \
             into repository with name 'app' in the registry with id '123456789012' do not exist"
        )
    );
    let check = json!({"repositoryName": "app", "layerDigests": [config, layer, "sha256:00"]});
    let checked = world
        .call::<api::BatchCheckLayerAvailability>(&root, check)
        .await
        .unwrap();
    let layers: Vec<_> = checked
        .layers
        .unwrap()
        .into_iter()
        .map(|l| l.layer_availability.unwrap())
        .collect();
    assert_eq!(layers, ["AVAILABLE", "UNAVAILABLE"]);
    assert_eq!(
        checked.failures.unwrap()[0].failure_code.as_deref(),
        Some("InvalidLayerDigest")
    );

    let absent = digest_of(b"absent");
    let index = json!({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json",
        "manifests": [{"mediaType": "application/vnd.oci.image.manifest.v1+json",
        "digest": absent, "size": 1}]});
    assert_eq!(
        text(put_image(&world, &root, "app", &index.to_string(), None).await),
        format!(
            "ReferencedImagesNotFoundException: Images with digests '[{absent}]' required for \
             pushing image into repository with name 'app' in the registry with id '123456789012' \
             do not exist"
        )
    );
    assert_eq!(
        text(put_image(&world, &root, "app", "{", None).await),
        "InvalidParameterException: Invalid parameter at 'ImageManifest' failed to satisfy \
         constraint: 'Invalid JSON syntax'"
    );
}

#[tokio::test]
async fn an_image_goes_with_its_last_tag_and_stays_while_an_index_has_it() {
    let world = world().await;
    let root = world.root();
    create(&world, "app").await;
    let one = push(&world, "app", "one", Some("a")).await;
    let first = manifest(&digest_of(b"config one"), &[&digest_of(b"layer one")]);
    put_image(&world, &root, "app", &first, Some("b"))
        .await
        .unwrap();
    let index = json!({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json",
        "manifests": [{"mediaType": "application/vnd.oci.image.manifest.v1+json",
        "digest": one, "size": 1}]});
    let index = put_image(&world, &root, "app", &index.to_string(), Some("all"))
        .await
        .unwrap();
    let index = index.image_id.unwrap().image_digest.unwrap();

    let delete = |ids: serde_json::Value| json!({"repositoryName": "app", "imageIds": ids});
    let done = world
        .call::<api::BatchDeleteImage>(&root, delete(json!([{"imageTag": "a"}, {"imageTag": "b"}])))
        .await
        .unwrap();
    assert_eq!(done.image_ids.unwrap().len(), 1);
    let failure = done.failures.unwrap().pop().unwrap();
    assert_eq!(
        failure.failure_code.as_deref(),
        Some("ImageReferencedByManifestList")
    );
    assert!(failure.failure_reason.unwrap().contains(&index));
    let ids = json!([{"imageDigest": index}, {"imageDigest": one, "imageTag": "b"}]);
    let done = world
        .call::<api::BatchDeleteImage>(&root, delete(ids))
        .await
        .unwrap();
    assert_eq!(done.failures, Some(Vec::new()));
    let left = world
        .call::<api::DescribeImages>(&root, json!({"repositoryName": "app"}))
        .await;
    assert_eq!(left.unwrap().image_details, Some(Vec::new()));
}

#[tokio::test]
async fn images_are_listed_in_pages() {
    let world = world().await;
    create(&world, "app").await;
    for n in 0..5 {
        push(&world, "app", &n.to_string(), Some(&format!("v{n}"))).await;
    }
    let (mut tags, mut details) = (Vec::new(), 0);
    let (mut token, mut more) = (None::<String>, true);
    while more {
        let mut input = json!({"repositoryName": "app", "maxResults": 2});
        token
            .iter()
            .for_each(|token| input["nextToken"] = json!(token));
        let page = world
            .call::<api::ListImages>(&world.root(), input)
            .await
            .unwrap();
        tags.extend(
            page.image_ids
                .unwrap()
                .into_iter()
                .map(|id| id.image_tag.unwrap()),
        );
        token = page.next_token;
        more = token.is_some();
    }
    tags.sort();
    assert_eq!(tags, ["v0", "v1", "v2", "v3", "v4"]);
    more = true;
    while more {
        let mut input = json!({"repositoryName": "app", "maxResults": 3});
        token
            .iter()
            .for_each(|token| input["nextToken"] = json!(token));
        let page = world
            .call::<api::DescribeImages>(&world.root(), input)
            .await
            .unwrap();
        details += page.image_details.unwrap().len();
        token = page.next_token;
        more = token.is_some();
    }
    assert_eq!(details, 5);
}

#[tokio::test]
async fn parts_follow_each_other_and_the_digest_is_that_of_the_bytes() {
    let world = world().await;
    let root = world.root();
    create(&world, "app").await;
    create(&world, "other").await;
    let begin = json!({"repositoryName": "app"});
    let begun = world
        .call::<api::InitiateLayerUpload>(&root, begin)
        .await
        .unwrap();
    let id = begun.upload_id.unwrap();
    assert_eq!(begun.part_size, Some(20 << 20));
    assert!(text(complete(&world, "app", &id, &digest_of(b"")).await).starts_with("EmptyUpload"));
    let big = vec![7_u8; 5 << 20];
    let sent = part(&world, "app", &id, 0, &big).await.unwrap();
    assert_eq!(sent.last_byte_received, Some((5 << 20) - 1));
    let refused = part(&world, "app", &id, 4, b"gap").await.unwrap_err();
    assert_eq!(refused.code, "InvalidLayerPartException");
    let last = ("lastValidByteReceived", ((5 << 20) - 1).to_string());
    assert!(refused.fields.contains(&last), "{refused:?}");
    assert!(text(part(&world, "other", &id, 5 << 20, b"x").await).starts_with("UploadNotFound"));
    part(&world, "app", &id, 5 << 20, b"end").await.unwrap();
    let whole = [big.as_slice(), b"end"].concat();
    let wrong = digest_of(b"wrong");
    assert!(text(complete(&world, "app", &id, &wrong).await).starts_with("InvalidLayerException"));
    complete(&world, "app", &id, &digest_of(&whole))
        .await
        .unwrap();
    assert!(text(complete(&world, "app", &id, &wrong).await).starts_with("UploadNotFound"));
    assert!(text(upload(&world, "app", &whole).await).starts_with("LayerAlreadyExists"));

    // A small part may only be the last one.
    let begun = world
        .call::<api::InitiateLayerUpload>(&root, json!({"repositoryName": "app"}))
        .await
        .unwrap();
    let id = begun.upload_id.unwrap();
    part(&world, "app", &id, 0, b"small").await.unwrap();
    part(&world, "app", &id, 5, b"more").await.unwrap();
    let done = text(complete(&world, "app", &id, &digest_of(b"smallmore")).await);
    assert!(done.starts_with("LayerPartTooSmallException"), "{done}");
}

#[tokio::test]
async fn a_layer_url_is_for_a_layer_of_the_repository() {
    let world = world().await;
    let root = world.root();
    create(&world, "app").await;
    let digest = upload(&world, "app", b"layer").await.unwrap();
    let input = json!({"repositoryName": "app", "layerDigest": digest});
    let url = world
        .call::<api::GetDownloadUrlForLayer>(&root, input)
        .await
        .unwrap();
    let url = url.download_url.unwrap();
    let token = url
        .strip_prefix("http://127.0.0.1:4566/v2/_layers/")
        .unwrap();
    let snap = world.pipeline.store().snapshot();
    let token = rolecall_ecr::LayerToken::open(&snap, &world.account, token).unwrap();
    assert_eq!(token.layer, format!("123456789012/us-east-1/app@{digest}"));
    let absent = digest_of(b"absent");
    let input = json!({"repositoryName": "app", "layerDigest": absent});
    assert_eq!(
        text(
            world
                .call::<api::GetDownloadUrlForLayer>(&root, input)
                .await
        ),
        format!(
            "LayersNotFoundException: The layer with digest '{absent}' does not exist within the \
             repository with name 'app' in the registry with id '123456789012'"
        )
    );
}
