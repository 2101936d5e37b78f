//! What the tests share: servers, clients, signing, images.
