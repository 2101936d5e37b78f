//! What the tests share: servers, clients, signing, images.

mod input;
mod pipeline;

pub use input::from_json;
pub use pipeline::World;
