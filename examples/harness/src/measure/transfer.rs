//! How long an update travelled, from the marks of its session.

use core::time::Duration;

use crate::radio::timeline::Mark;

/// Bytes that are written in a row when pieces travel. An offer, and a time token before it, are shorter.
const RUN: usize = 600;

/// One session's share of a transfer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Span {
    /// From the first piece until the door said that it has all, or until it was heard last.
    pub(crate) travelled: Duration,
    /// From the first piece until the door said that the list is in force.
    pub(crate) in_force: Duration,
    /// Bytes of the frames that were written meanwhile.
    pub(crate) written_bytes: usize,
}

impl Span {
    /// Both sessions' shares.
    pub(crate) const fn and(self, other: Self) -> Self {
        Self {
            travelled: self.travelled.saturating_add(other.travelled),
            in_force: self.in_force.saturating_add(other.in_force),
            written_bytes: self.written_bytes.saturating_add(other.written_bytes),
        }
    }
}

/// The share of a session whose last word about the update was known at `known`; nothing when no piece travelled.
pub(crate) fn span(marks: &[(Duration, Mark)], known: Duration) -> Span {
    // The word itself came with the last frame before; what was written since then asks for other things.
    let word = |(at, mark): &&(Duration, Mark)| *at <= known && matches!(mark, Mark::Received { .. });
    let Some((done, _)) = marks.iter().rev().find(word).copied() else { return Span::default() };
    let marks: Vec<_> = marks.iter().filter(|(at, _)| *at <= done).copied().collect();
    let Some(begin) = first_run(&marks) else { return Span::default() };
    let written = |mark: &Mark| matches!(mark, Mark::Written { .. });
    let last = marks.iter().rev().find(|(_, mark)| written(mark)).map_or(begin, |(at, _)| *at);
    let heard = |(at, mark): &&(Duration, Mark)| *at >= last && matches!(mark, Mark::Received { .. });
    let end = marks.iter().find(heard).map_or(last, |(at, _)| *at);
    let bytes = marks.iter().filter(|(at, _)| *at >= begin).map(|(_, mark)| match mark {
        Mark::Written { bytes, .. } => *bytes,
        _ => 0,
    });
    Span {
        travelled: end.saturating_sub(begin),
        in_force: done.saturating_sub(begin),
        written_bytes: bytes.sum(),
    }
}

/// When the first run of frames began that is long enough for pieces; else the last run.
fn first_run(marks: &[(Duration, Mark)]) -> Option<Duration> {
    let (mut begun, mut total) = (None, 0);
    for (at, mark) in marks {
        match mark {
            Mark::Written { bytes, .. } => {
                if total == 0 {
                    begun = Some(*at);
                }
                total += bytes;
                if total >= RUN {
                    return begun;
                }
            }
            _ => total = 0,
        }
    }
    begun
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    fn written(milliseconds: u64, bytes: usize) -> (Duration, Mark) {
        (at(milliseconds), Mark::Written { header: 0xc7, bytes })
    }

    fn received(milliseconds: u64) -> (Duration, Mark) {
        (at(milliseconds), Mark::Received { header: 0xc7, bytes: 40 })
    }

    #[test]
    fn asking_and_offering_are_no_transfer_and_applying_is_told_apart() {
        let marks = [
            written(0, 25),
            received(30),
            written(40, 230),
            received(70),
            written(80, 244),
            written(81, 244),
            written(82, 244),
            received(120),
            written(121, 244),
            received(150),
            received(400),
            written(401, 30),
            received(900),
        ];
        let span = span(&marks, at(402));
        assert_eq!(span, Span { travelled: at(70), in_force: at(320), written_bytes: 976 });
    }

    #[test]
    fn a_session_in_which_nothing_was_written_has_no_transfer() {
        assert_eq!(span(&[received(1)], at(2)), Span::default());
    }
}
