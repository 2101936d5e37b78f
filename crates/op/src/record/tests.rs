//! What is kept of a call is bounded, and kept whatever became of the call.

use rolecall_base::{AccountId, Region, Timestamp};

use rolecall_record::{Query, Reader, TEXT_MAX, USER_AGENT_MAX};

use super::*;
use crate::access::AccessCheck;
use crate::request::Transport;
use crate::ruling::Found;

fn info(user_agent: String) -> RequestInfo {
    RequestInfo {
        request_id: "r".to_owned(),
        now: Timestamp::from_epoch_millis(0),
        region: Region::new("us-east-1").unwrap(),
        caller: Caller::service(AccountId::new("123456789012").unwrap(), "s", None),
        transport: Transport {
            user_agent: Some(user_agent),
            ..Transport::inside()
        },
        called_via: Vec::new(),
        seed: [0; 32],
    }
}

#[tokio::test]
async fn texts_are_shortened() {
    let folder = tempfile::tempdir().unwrap();
    let recorder = Recorder::open(folder.path(), 0).unwrap();
    let info = Arc::new(info("a".repeat(100_000)));
    let ongoing = Ongoing::stream(&recorder, &info, "ecr:GetDownloadUrlForLayer");
    let check = AccessCheck::new("ecr:GetDownloadUrlForLayer", "r".repeat(20_000))
        .key("aws:RequestTag/k", "v".repeat(20_000));
    let mut ruling = Ruling::of(vec![check]);
    ruling.found.push(Found::free());
    ongoing.trail().leave(ruling);
    let error = AwsError::new("InvalidIdentityToken", "é".repeat(50_000));
    ongoing.ended(Some(&error));
    recorder.flushed().await;

    let mut calls = Reader::new(folder.path()).calls(Query::default());
    let call = calls.next().unwrap().unwrap().call;
    assert_eq!(call.user_agent.as_ref().unwrap().len(), USER_AGENT_MAX);
    assert_eq!(call.error().unwrap().1.len(), TEXT_MAX);
    assert_eq!(call.resources[0].arn.len(), TEXT_MAX);
    let key = &call.decisions[0].keys[0];
    assert_eq!(
        (&*key.name, key.values[0].len()),
        ("aws:RequestTag/k", TEXT_MAX)
    );
}

#[tokio::test]
async fn a_call_that_is_given_up_is_recorded() {
    let folder = tempfile::tempdir().unwrap();
    let recorder = Recorder::open(folder.path(), 0).unwrap();
    let info = Arc::new(info("a".to_owned()));
    drop(Ongoing::stream(
        &recorder,
        &info,
        "ecr:GetDownloadUrlForLayer",
    ));
    recorder.flushed().await;
    let mut calls = Reader::new(folder.path()).calls(Query::default());
    let call = calls.next().unwrap().unwrap().call;
    assert_eq!(call.error().unwrap().0, "ClientDisconnected");
}
