//! The frame around every message: `{"type": "<MessageName>", "message": {...}}`.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::messages::{
    AckRequest, AttachTaskNetworkInterfacesMessage, HeartbeatAckRequest, HeartbeatMessage,
    IAMRoleCredentialsAckRequest, IAMRoleCredentialsMessage, NackRequest, PayloadMessage,
    TaskManifestMessage, TaskStopVerificationAck, TaskStopVerificationMessage,
};

/// What the control plane sends to an agent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", content = "message")]
pub enum ToAgent {
    /// Still there? Answered with [`FromAgent::HeartbeatAckRequest`].
    HeartbeatMessage(HeartbeatMessage),
    /// Tasks to start and to stop.
    PayloadMessage(PayloadMessage),
    /// New credentials of one role of one task.
    IAMRoleCredentialsMessage(IAMRoleCredentialsMessage),
    /// Every task that the agent should have.
    TaskManifestMessage(TaskManifestMessage),
    /// Which stop candidates are really to be stopped.
    TaskStopVerificationAck(TaskStopVerificationAck),
    /// A network interface that will be attached for a task.
    AttachTaskNetworkInterfacesMessage(AttachTaskNetworkInterfacesMessage),
}

/// What an agent sends to the control plane.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "message")]
pub enum FromAgent {
    /// The answer to a heartbeat.
    HeartbeatAckRequest(HeartbeatAckRequest),
    /// A message was handled in full; without it the message is sent again.
    AckRequest(AckRequest),
    /// A message was refused.
    NackRequest(NackRequest),
    /// Credentials were stored.
    IAMRoleCredentialsAckRequest(IAMRoleCredentialsAckRequest),
    /// Tasks that run and that the manifest does not want.
    TaskStopVerificationMessage(TaskStopVerificationMessage),
}

/// Why a frame is not a message.
#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    /// The text is not JSON of the envelope's form.
    #[error("the frame is not an envelope with a type and a message")]
    Envelope(#[source] serde_json::Error),
    /// A message that this side does not know; agents and control planes ignore such.
    #[error("the message type {0} is not known")]
    UnknownType(String),
    /// A known message of another form.
    #[error("the {kind} does not have the form of one")]
    Message {
        /// The message's type.
        kind: String,
        /// What is wrong with it.
        #[source]
        source: serde_json::Error,
    },
}

#[derive(Deserialize)]
struct Envelope {
    r#type: String,
    #[serde(default)]
    message: Value,
}

impl ToAgent {
    /// The message types of this direction.
    pub const TYPES: &'static [&'static str] = &[
        "HeartbeatMessage",
        "PayloadMessage",
        "IAMRoleCredentialsMessage",
        "TaskManifestMessage",
        "TaskStopVerificationAck",
        "AttachTaskNetworkInterfacesMessage",
    ];

    /// Reads a frame.
    ///
    /// # Errors
    /// [`FrameError`]; an unknown type is to be ignored.
    pub fn decode(frame: &str) -> Result<Self, FrameError> {
        decode(frame, Self::TYPES)
    }

    /// Writes a frame.
    ///
    /// # Errors
    /// A number that JSON cannot hold (a NaN share of a CPU).
    pub fn encode(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self)
    }
}

impl FromAgent {
    /// The message types of this direction.
    pub const TYPES: &'static [&'static str] = &[
        "HeartbeatAckRequest",
        "AckRequest",
        "NackRequest",
        "IAMRoleCredentialsAckRequest",
        "TaskStopVerificationMessage",
    ];

    /// Reads a frame.
    ///
    /// # Errors
    /// [`FrameError`]; an unknown type is to be ignored.
    pub fn decode(frame: &str) -> Result<Self, FrameError> {
        decode(frame, Self::TYPES)
    }

    /// Writes a frame.
    ///
    /// # Errors
    /// None in practice: nothing in these messages is beyond JSON.
    pub fn encode(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self)
    }
}

fn decode<T: DeserializeOwned>(frame: &str, types: &[&str]) -> Result<T, FrameError> {
    let envelope: Envelope = serde_json::from_str(frame).map_err(FrameError::Envelope)?;
    let kind = envelope.r#type;
    if !types.contains(&kind.as_str()) {
        return Err(FrameError::UnknownType(kind));
    }
    let whole = serde_json::json!({ "type": kind, "message": envelope.message });
    serde_json::from_value(whole).map_err(|source| FrameError::Message { kind, source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_read_back_and_say_their_type() {
        let beat = ToAgent::HeartbeatMessage(HeartbeatMessage {
            healthy: Some(true),
            message_id: Some("m-1".to_owned()),
        });
        let frame = beat.encode().unwrap();
        assert_eq!(
            frame,
            r#"{"type":"HeartbeatMessage","message":{"healthy":true,"messageId":"m-1"}}"#
        );
        assert_eq!(ToAgent::decode(&frame).unwrap(), beat);
        let ack = r#"{"type":"AckRequest","message":{"cluster":"c","containerInstance":"i","messageId":"m"}}"#;
        let FromAgent::AckRequest(ack) = FromAgent::decode(ack).unwrap() else {
            panic!()
        };
        assert_eq!((ack.cluster.as_str(), ack.message_id.as_str()), ("c", "m"));
    }

    #[test]
    fn every_listed_type_is_known_and_no_other() {
        for kind in ToAgent::TYPES {
            let frame = format!(r#"{{"type":"{kind}","message":{{}}}}"#);
            let unknown = matches!(ToAgent::decode(&frame), Err(FrameError::UnknownType(_)));
            assert!(!unknown, "{kind}");
        }
        let other = ToAgent::decode(r#"{"type":"CloseMessage","message":{"message":"x"}}"#);
        assert!(matches!(other, Err(FrameError::UnknownType(t)) if t == "CloseMessage"));
        assert!(matches!(
            ToAgent::decode("[]"),
            Err(FrameError::Envelope(_))
        ));
        let bad = r#"{"type":"HeartbeatMessage","message":{"healthy":"yes"}}"#;
        assert!(matches!(
            ToAgent::decode(bad),
            Err(FrameError::Message { .. })
        ));
    }
}
