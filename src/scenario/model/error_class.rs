//! `ErrorClass`: why a call failed, in words all implementations share. Pure.

/// Why a call failed, in words all implementations share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, strum::Display)]
#[strum(serialize_all = "snake_case")]
#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ErrorClass {
    /// The call was given up by its caller.
    Cancelled,
    /// The transport took nothing for the connection write timeout.
    ConnectionWriteTimeout,
    /// The deadline passed.
    Deadline,
    /// The stream ended, and every byte before that was read.
    Eof,
    /// The peer did not answer a keep-alive ping.
    KeepaliveTimeout,
    /// The peer broke the protocol.
    Protocol,
    /// The peer said go away.
    RemoteGoAway,
    /// The session is closed.
    SessionShutdown,
    /// The stream was closed on this side.
    StreamClosed,
    /// The stream was reset.
    StreamReset,
    /// No stream number is left.
    StreamsExhausted,
    /// The transport failed.
    Transport,
    /// An error the shim has no class for; always a failure.
    Unclassified,
    /// The peer sent more than the window allowed.
    WindowExceeded,
}
