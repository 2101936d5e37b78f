//! Log streams.

mod create_log_stream;
mod delete_log_stream;
mod describe_log_streams;

pub use create_log_stream::CreateLogStream;
pub use delete_log_stream::DeleteLogStream;
pub use describe_log_streams::DescribeLogStreams;

use rolecall_base::AwsError;
use rolecall_op::Registry;
use rolecall_store::{Committed, TransactError};

pub(crate) fn register(registry: Registry) -> Registry {
    registry
        .with::<CreateLogStream>()
        .with_data::<DeleteLogStream>()
        .with_data::<DescribeLogStreams>()
}

/// What a transaction of a data operation came to.
pub(crate) fn committed<T>(
    outcome: Result<Committed<T>, TransactError<AwsError>>,
) -> Result<T, AwsError> {
    match outcome {
        Ok(done) => Ok(done.value),
        Err(error) => Err(error.into_refused().unwrap_or_else(|fault| {
            tracing::error!(%fault, "the commit failed");
            AwsError::internal()
        })),
    }
}
