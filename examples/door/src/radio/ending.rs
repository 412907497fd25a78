//! The end of a connection that the engine has given up, whatever the phone does.

use core::future::{Future, pending};
use core::time::Duration;

use tokio::sync::oneshot;

/// Serves a phone to its end, and ends the connection a while after `leave` was dropped.
///
/// A phone that acknowledges nothing, and lives on for its radio, keeps each notification and each answer to it waiting for ever, and
/// whoever waits for them does not hear that the connection is to end: a slot for each such phone until all are taken.
pub(super) async fn ending(
    serving: impl Future<Output = ()>,
    leave: oneshot::Receiver<()>,
    grace: Duration,
    end: impl FnOnce(),
) {
    let leaving = async {
        let _ = leave.await;
        tokio::time::sleep(grace).await;
        end();
        // Whoever serves sees the end, and is the one who returns.
        pending::<()>().await;
    };
    tokio::select! {
        () = serving => {}
        () = leaving => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_phone_that_takes_nothing_in_is_sent_away_all_the_same() {
        let (leaves, leave) = oneshot::channel();
        let (ended, link) = oneshot::channel::<()>();
        // A notification that only the end of the link gives up.
        let stuck = async { drop(link.await) };
        drop(leaves);
        ending(stuck, leave, Duration::ZERO, || drop(ended)).await;
    }

    #[tokio::test]
    async fn who_leaves_by_itself_is_not_waited_for() {
        let (_leaves, leave) = oneshot::channel();
        ending(async {}, leave, Duration::ZERO, || panic!("nobody asked for the end")).await;
    }
}
