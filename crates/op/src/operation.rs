//! The kinds of operation: on documents, on documents for whoever a token speaks of, and on bytes.

use std::future::Future;
use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::Arc;

use rolecall_api::ApiOperation;
use rolecall_base::AwsError;
use rolecall_identity::Caller;
use rolecall_store::{Store, Txn};

use crate::access::{Access, AccessRequest};
use crate::{Ports, RequestInfo};

/// The input of an operation's shape.
pub type Input<O> = <O as ApiOperation>::Input;
/// The output of an operation's shape.
pub type Output<O> = <O as ApiOperation>::Output;

/// Counts an attempt, or refuses the call for there were too many: see [`Operation::attempt`].
pub type Attempt = Box<dyn FnMut(&mut Txn) -> Result<(), AwsError> + Send>;

/// An operation on documents: a pure function over a transaction.
///
/// One hand-written file each: doc comment, access, handler, example, tests.
pub trait Operation: 'static {
    /// The generated shapes and the operation's name.
    type Api: ApiOperation;

    /// A JSON input that passes validation; the tests over the whole registry call it.
    const EXAMPLE: &'static str;

    /// The checks that the caller must pass.
    ///
    /// # Errors
    /// An error here is answered instead of a decision: only for input that no resource can be
    /// named from, so that nothing about existing resources leaks to a caller without permission.
    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError>;

    /// The attempt at a secret that can be guessed (a one-time code, a password), if this call is
    /// one. It is written in a transaction of its own before anything else, and stays when the call
    /// is refused: guesses are counted one by one, however many come at once.
    fn attempt(_input: &Input<Self::Api>, _info: &RequestInfo) -> Option<Attempt> {
        None
    }

    /// Does the work. May run again on newer documents.
    ///
    /// # Errors
    /// The service's modelled errors; nothing is written then.
    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError>
    where
        Self: Sized;
}

/// An operation whose caller is named by a token or an assertion in its input and not by a
/// signature: `AssumeRoleWithWebIdentity`, `AssumeRoleWithSAML`.
///
/// The same steps come after [`TokenOperation::authenticate`] as for any operation on documents,
/// with the caller that it found in the place of the one who signed, or of nobody.
pub trait TokenOperation: Operation {
    /// Verifies the token and says for whom it speaks. It may wait for I/O through its ports.
    ///
    /// # Errors
    /// The service's modelled errors for a token that is not good.
    fn authenticate(
        input: Arc<Input<Self::Api>>,
        ctx: DataContext,
    ) -> impl Future<Output = Result<Caller, AwsError>> + Send;
}

/// The proof that the caller may run `Op` on this input. Only the authorize step makes one.
pub struct Authorized<'a, Op: Operation> {
    /// The validated input.
    pub input: &'a Input<Op::Api>,
    /// The request.
    pub info: &'a RequestInfo,
    _proof: PhantomData<Op>,
}

impl<'a, Op: Operation> Authorized<'a, Op> {
    pub(crate) fn new(input: &'a Input<Op::Api>, info: &'a RequestInfo) -> Self {
        Self {
            input,
            info,
            _proof: PhantomData,
        }
    }
}

impl<Op: Operation> Deref for Authorized<'_, Op> {
    type Target = RequestInfo;
    fn deref(&self) -> &RequestInfo {
        self.info
    }
}

/// An operation on bytes (log events, image layers): it may wait for I/O through its ports.
pub trait DataOperation: 'static {
    /// The generated shapes and the operation's name.
    type Api: ApiOperation;

    /// A JSON input that passes validation; the tests over the whole registry call it.
    const EXAMPLE: &'static str;

    /// The checks that the caller must pass, as [`Operation::access`].
    ///
    /// # Errors
    /// As [`Operation::access`].
    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError>;

    /// Does the work.
    ///
    /// # Errors
    /// The service's modelled errors.
    fn handle(
        input: Input<Self::Api>,
        ctx: DataContext,
    ) -> impl Future<Output = Result<Output<Self::Api>, AwsError>> + Send;
}

/// What a data operation works with; made by the authorize step only.
#[derive(Clone)]
pub struct DataContext {
    /// The request.
    pub info: Arc<RequestInfo>,
    /// The documents.
    pub store: Store,
    pub(crate) ports: Arc<Ports>,
}

impl DataContext {
    /// The port of this type.
    ///
    /// # Errors
    /// An internal failure if the binary did not put it in.
    pub fn port<T: ?Sized + Send + Sync + 'static>(&self) -> Result<Arc<T>, AwsError> {
        self.ports.get::<T>()
    }
}

impl Deref for DataContext {
    type Target = RequestInfo;
    fn deref(&self) -> &RequestInfo {
        &self.info
    }
}
