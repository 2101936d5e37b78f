//! What the tests share: servers, clients, signing, images.

pub mod clients;
pub mod docker;
pub mod image;
mod input;
mod node;
mod pipeline;
pub mod raw;
mod totp;

pub use input::from_json;
pub use node::{Key, Node, binary};
pub use pipeline::World;
pub use totp::totp;
