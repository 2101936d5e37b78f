//! Which operations are built, found by service and operation.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use rolecall_api::typed::{ApiOperation, FromValue};
use rolecall_api::value::Value;
use rolecall_base::AwsError;

use crate::access::{Access, AccessRequest};
use crate::authorize::{Refused, check};
use crate::core::Core;
use crate::operation::{Authorized, DataContext, DataOperation, Input, Operation, TokenOperation};
use crate::request::RequestInfo;
use crate::ruling::Trail;

type Running = Pin<Box<dyn Future<Output = Result<Value, Refused>> + Send>>;

/// One call of an operation, decoded and validated.
pub(crate) struct Call {
    pub(crate) core: Arc<Core>,
    pub(crate) info: Arc<RequestInfo>,
    pub(crate) input: Value,
    /// Whether a refusal takes the query protocol's code and status.
    pub(crate) query: bool,
    /// Where the authorize step leaves its decisions.
    pub(crate) trail: Trail,
}

/// An operation that is built.
#[derive(Clone, Copy)]
pub struct Built {
    /// The service's id, such as `ecs`.
    pub service: &'static str,
    /// The operation's name, such as `RunTask`.
    pub name: &'static str,
    /// A JSON input that passes validation.
    pub example: &'static str,
    pub(crate) run: fn(Call) -> Running,
    pub(crate) access: fn(Value, &AccessRequest<'_>) -> Result<Access, AwsError>,
}

impl Built {
    /// What the operation declares for this input.
    ///
    /// # Errors
    /// As [`Operation::access`].
    pub fn access(&self, input: Value, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        (self.access)(input, req)
    }
}

/// The operations that are built.
#[derive(Clone, Default)]
pub struct Registry {
    built: HashMap<&'static str, HashMap<&'static str, Built>>,
}

impl Registry {
    /// These operations and one more on documents.
    #[must_use]
    pub fn with<Op: Operation>(mut self) -> Self {
        self.add(Built {
            service: Op::Api::SERVICE.id,
            name: Op::Api::NAME,
            example: Op::EXAMPLE,
            run: |call| Box::pin(run_operation::<Op>(call)),
            access: |value, req| Op::access(&typed::<Op::Api>(value)?, req),
        });
        self
    }

    /// These operations and one more whose caller is named by a token in its input.
    #[must_use]
    pub fn with_token<Op: TokenOperation>(mut self) -> Self {
        self.add(Built {
            service: Op::Api::SERVICE.id,
            name: Op::Api::NAME,
            example: Op::EXAMPLE,
            run: |call| Box::pin(run_token_operation::<Op>(call)),
            access: |value, req| Op::access(&typed::<Op::Api>(value)?, req),
        });
        self
    }

    /// These operations and one more on bytes.
    #[must_use]
    pub fn with_data<Op: DataOperation>(mut self) -> Self {
        self.add(Built {
            service: Op::Api::SERVICE.id,
            name: Op::Api::NAME,
            example: Op::EXAMPLE,
            run: |call| Box::pin(run_data_operation::<Op>(call)),
            access: |value, req| Op::access(&typed::<Op::Api>(value)?, req),
        });
        self
    }

    fn add(&mut self, built: Built) {
        self.built
            .entry(built.service)
            .or_default()
            .insert(built.name, built);
    }

    /// The operation of this name, if it is built.
    pub fn get(&self, service: &str, name: &str) -> Option<&Built> {
        self.built.get(service)?.get(name)
    }

    /// Every operation that is built, by service and name.
    pub fn iter(&self) -> impl Iterator<Item = &Built> {
        let mut all: Vec<&Built> = self.built.values().flat_map(HashMap::values).collect();
        all.sort_by_key(|b| (b.service, b.name));
        all.into_iter()
    }
}

fn typed<A: ApiOperation>(value: Value) -> Result<A::Input, AwsError> {
    A::Input::from_value(value).map_err(|mismatch| {
        tracing::error!(
            operation = A::NAME,
            ?mismatch,
            "a validated input has another shape"
        );
        AwsError::internal()
    })
}

async fn run_operation<Op: Operation>(call: Call) -> Result<Value, Refused> {
    let input = typed::<Op::Api>(call.input).map_err(Refused::Error)?;
    if let Some(attempt) = Op::attempt(&input, &call.info) {
        let counted = call.core.store.transact(attempt).await;
        counted.map_err(|error| match error.into_refused() {
            Ok(refused) => Refused::Error(refused),
            Err(fault) => failed::<Op>(&fault),
        })?;
    }
    transact::<Op>(
        &call.core,
        call.info,
        Arc::new(input),
        call.query,
        call.trail,
    )
    .await
}

async fn run_token_operation<Op: TokenOperation>(call: Call) -> Result<Value, Refused> {
    let input = Arc::new(typed::<Op::Api>(call.input).map_err(Refused::Error)?);
    let ctx = DataContext {
        info: Arc::clone(&call.info),
        store: call.core.store.clone(),
        ports: Arc::clone(&call.core.ports),
    };
    let caller = Op::authenticate(Arc::clone(&input), ctx).await;
    let info = RequestInfo {
        caller: caller.map_err(Refused::Error)?,
        ..RequestInfo::clone(&call.info)
    };
    let info = Arc::new(info);
    call.trail.vouched(&info);
    transact::<Op>(&call.core, info, input, call.query, call.trail).await
}

/// Authorizes and handles in one transaction.
async fn transact<Op: Operation>(
    core: &Core,
    info: Arc<RequestInfo>,
    input: Arc<Input<Op::Api>>,
    query: bool,
    trail: Trail,
) -> Result<Value, Refused> {
    let body = move |tx: &mut rolecall_store::Txn| {
        let snap = tx.snapshot_unchecked();
        let req = AccessRequest {
            info: &info,
            snap: &snap,
        };
        check(Op::access(&input, &req), &info, &snap, query, &trail)?;
        Op::handle(Authorized::<Op>::new(&input, &info), tx).map_err(Refused::Error)
    };
    match core.store.transact(body).await {
        Ok(done) => Ok(done.value.into_value()),
        Err(error) => match error.into_refused() {
            Ok(refused) => Err(refused),
            Err(fault) => Err(failed::<Op>(&fault)),
        },
    }
}

/// A commit that failed through no fault of the caller.
fn failed<Op: Operation>(fault: &(dyn std::error::Error + 'static)) -> Refused {
    let chain = error_chain(fault);
    tracing::error!(operation = Op::Api::NAME, chain, "the commit failed");
    Refused::Error(AwsError::internal())
}

async fn run_data_operation<Op: DataOperation>(call: Call) -> Result<Value, Refused> {
    let Call {
        core,
        info,
        input,
        query,
        trail,
    } = call;
    let input = typed::<Op::Api>(input).map_err(Refused::Error)?;
    let snap = core.store.snapshot();
    let req = AccessRequest {
        info: &info,
        snap: &snap,
    };
    check(Op::access(&input, &req), &info, &snap, query, &trail)?;
    drop(snap);
    let ctx = DataContext {
        info,
        store: core.store.clone(),
        ports: Arc::clone(&core.ports),
    };
    let output = Op::handle(input, ctx).await.map_err(Refused::Error)?;
    Ok(output.into_value())
}

/// An error with all its sources, as a log shows it.
fn error_chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut chain = error.to_string();
    let mut next = error.source();
    while let Some(source) = next {
        chain.push_str(": ");
        chain.push_str(&source.to_string());
        next = source.source();
    }
    chain
}
