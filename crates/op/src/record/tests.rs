//! What waits in the queue is bounded and counted.

use rolecall_base::{AccountId, Region, Timestamp};

use super::*;
use crate::access::AccessCheck;
use crate::request::Transport;

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

#[test]
fn texts_are_shortened_and_counted_before_they_wait() {
    let folder = tempfile::tempdir().unwrap();
    let recorder = Recorder::open(folder.path(), 0).unwrap();
    let info = Arc::new(info("a".repeat(100_000)));
    let mut ongoing = Ongoing::stream(&recorder, &info, "ecr:GetDownloadUrlForLayer");
    let error = AwsError::new("InvalidIdentityToken", "é".repeat(50_000));
    ongoing.end(Some(&error));
    let mut kept = ongoing.kept.take().unwrap();
    assert_eq!(kept.bound(), CALL_BYTES + USER_AGENT_MAX + TEXT_MAX);
    let agent = kept.info.transport.user_agent.as_ref().unwrap();
    assert_eq!(agent.len(), USER_AGENT_MAX);

    let check = AccessCheck::new("ecs:TagResource", "r".repeat(20_000))
        .key("aws:RequestTag/k", "v".repeat(20_000));
    let mut ruling = Ruling::of(vec![check]);
    assert_eq!(ruling.bound(), 2 * TEXT_MAX);
}
