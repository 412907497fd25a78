//! One thing that a door must do, and what it did instead.

use futures_util::future::BoxFuture;
use thumbturn_phone::link::LinkError;
use thumbturn_protocol::error::Error;
use thumbturn_protocol::random::RandomFailed;

use super::subject::Subject;
use crate::failure::Failure;

/// A case.
pub(crate) struct Case {
    /// Its name in reports: words with hyphens, never changed once published.
    pub(crate) name: &'static str,
    /// The paragraph of the specification.
    pub(crate) section: &'static str,
    /// What the radio must be able to do.
    pub(crate) needs: Needs,
    /// Tries it.
    pub(crate) run: fn(&Subject) -> BoxFuture<'_, Verdict>,
}

/// What a case asks of the radio, and of whoever probes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Needs {
    /// Nothing special.
    AnyRadio,
    /// Values of no bytes: a byte pipe carries none.
    EmptyValues,
    /// Several connections to one door: Bluetooth stacks keep one.
    SeveralConnections,
    /// Connections that nobody subscribes on: Bluetooth stacks remember a subscription and make it again by themselves.
    NoSubscription,
    /// The claim secret of the door's label: nobody else can claim, so that a door that takes claims refuses all others too.
    ClaimSecret,
}

/// Whether the door did it; else what it did.
pub(crate) type Verdict = Result<(), Deviation>;

/// What a door did instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Deviation {
    /// What the specification says.
    pub(crate) expected: String,
    /// What happened.
    pub(crate) got: String,
    /// The link failed, which may be the radio's fault: worth another try.
    pub(crate) is_of_link: bool,
}

impl Deviation {
    /// Something else happened.
    pub(crate) fn new(expected: impl Into<String>, got: impl Into<String>) -> Self {
        Self { expected: expected.into(), got: got.into(), is_of_link: false }
    }
}

impl From<LinkError> for Deviation {
    fn from(error: LinkError) -> Self {
        Self { is_of_link: true, ..Self::new("a connection that stands", error.to_string()) }
    }
}

impl From<Error> for Deviation {
    fn from(error: Error) -> Self {
        Self::new("a message as the specification has it", error.to_string())
    }
}

impl From<RandomFailed> for Deviation {
    fn from(error: RandomFailed) -> Self {
        Self::new("random bytes of this machine", error.to_string())
    }
}

impl From<Failure> for Deviation {
    fn from(failure: Failure) -> Self {
        Self::new("a request that can be made", failure.what)
    }
}
