//! Ids of what the drivers send and record.

use rolecall_base::rng::{self, IdSource};
use rolecall_op::Pipeline;

/// A new UUID.
pub(crate) fn uuid(pipeline: &Pipeline) -> String {
    struct Seed([u8; 32]);
    impl IdSource for Seed {
        fn fill(&mut self, out: &mut [u8]) {
            for (to, from) in out.iter_mut().zip(self.0) {
                *to = from;
            }
        }
    }
    rng::uuid(&mut Seed((pipeline.settings().seed)()))
}
