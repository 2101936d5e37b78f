//! The words every crate shares: ARNs, typed ids, time, tags, AWS-shaped errors.
