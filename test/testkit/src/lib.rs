//! What the tests share: servers, clients, signing, images.

pub mod image;
mod input;
mod pipeline;
pub mod raw;

pub use input::from_json;
pub use pipeline::World;
