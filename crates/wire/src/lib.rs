//! The AWS wire protocols: route, decode, validate, encode, error envelopes; and the clients'
//! side of the same protocols.
//!
//! Pure: bytes in, values out. Everything follows the static tables of `rolecall-api`, so one
//! codec serves every operation of every service.
//!
//! | protocol | module |
//! |---|---|
//! | awsJson1_0, awsJson1_1 | `json` |
//! | awsQuery, ec2Query | `query` for requests, `xml` for answers |
//! | rpcv2Cbor | `cbor` |
//! | restJson1, restXml | not spoken yet: bodies would come from `json` and `xml` |

mod cbor;
mod client;
mod codec;
mod json;
mod pattern;
mod query;
mod request;
mod route;
mod time;
mod validate;
mod xml;

pub use client::{ClientError, ClientRequest, decode_output, encode_input};
pub use codec::{decode, encode_error, encode_output};
pub use request::{RawRequest, Response};
pub use route::{Route, RouteError, route};
pub use validate::{Seen, Violation, validate, violations};
