//! Every operation that is built, and every kind of document that they store.
//!
//! Adding a service is a line in each function.

use rolecall_op::Registry;
use rolecall_store::KindInfo;

/// Every operation that is built.
pub fn operations() -> Registry {
    let registry = Registry::default();
    let registry = rolecall_iam::register(registry);
    let registry = rolecall_sts::register(registry);
    let registry = rolecall_ecs::register(registry);
    let registry = rolecall_ecr::register(registry);
    let registry = rolecall_organizations::register(registry);
    let registry = rolecall_cloudtrail::register(registry);
    rolecall_logs::register(registry)
}

/// Every kind of document that is stored.
pub fn kinds() -> Vec<KindInfo> {
    [
        rolecall_identity::kinds(),
        rolecall_iam::kinds(),
        rolecall_sts::kinds(),
        rolecall_ecs::kinds(),
        rolecall_ecr::kinds(),
        rolecall_cloudtrail::kinds(),
        rolecall_logs::kinds(),
        rolecall_organizations::kinds(),
    ]
    .concat()
}
