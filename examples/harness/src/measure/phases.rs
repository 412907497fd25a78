//! The phases of one unlock, from the marks of its radio.

use core::time::Duration;

use thumbturn_protocol::frame::MessageType;

use crate::radio::timeline::Mark;

/// Header bits of a frame (spec §4.3).
const FIRST: u8 = 0x80;
const TYPE: u8 = 0x3f;

/// What a phase ends with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    /// From the start of the scan until the door was heard.
    Scan,
    /// Until the link stood.
    Connect,
    /// Until the service was known.
    Discover,
    /// Until the subscription stood.
    Subscribe,
    /// From the wish to subscribe until the hello.
    Hello,
    /// From the first frame of the request until the answer.
    Answer,
    /// From the scan until the answer.
    Total,
}

impl Phase {
    /// All, in order.
    pub(crate) const ALL: [Self; 7] =
        [Self::Scan, Self::Connect, Self::Discover, Self::Subscribe, Self::Hello, Self::Answer, Self::Total];

    /// Its name in tables and figures.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Scan => "scan",
            Self::Connect => "connect",
            Self::Discover => "discover",
            Self::Subscribe => "subscribe",
            Self::Hello => "hello",
            Self::Answer => "answer",
            Self::Total => "total",
        }
    }

    /// How long it took in one unlock; `None`: it did not happen. Of repeated steps the last before the answer counts, of the scan the
    /// first.
    pub(crate) fn duration(self, marks: &[(Duration, Mark)]) -> Option<Duration> {
        let (begin, end) = match self {
            Self::Scan => (first(marks, |mark| mark == Mark::ScanStarted)?, before_connect(marks)?),
            Self::Connect => between(marks, Mark::ConnectStarted, Mark::LinkUp)?,
            Self::Discover => between(marks, Mark::LinkUp, Mark::Discovered)?,
            Self::Subscribe => between(marks, Mark::SubscribeStarted, Mark::Subscribed)?,
            Self::Hello => (last(marks, |mark| mark == Mark::SubscribeStarted)?, hello(marks)?),
            Self::Answer => (request(marks)?, answer(marks)?),
            Self::Total => (marks.first()?.0, answer(marks)?),
        };
        end.checked_sub(begin)
    }
}

/// Frames that were written and notified up to the answer, the hello included.
pub(crate) fn exchange(marks: &[(Duration, Mark)]) -> (usize, usize) {
    let Some(end) = answer(marks) else { return (0, 0) };
    let of = |which: fn(&Mark) -> bool| marks.iter().filter(|(at, mark)| *at <= end && which(mark)).count();
    (of(|mark| matches!(mark, Mark::Written { .. })), of(|mark| matches!(mark, Mark::Received { .. })))
}

fn before_connect(marks: &[(Duration, Mark)]) -> Option<Duration> {
    first(marks, |mark| mark == Mark::Heard)
}

fn between(marks: &[(Duration, Mark)], from: Mark, to: Mark) -> Option<(Duration, Duration)> {
    Some((last(marks, |mark| mark == from)?, last(marks, |mark| mark == to)?))
}

fn hello(marks: &[(Duration, Mark)]) -> Option<Duration> {
    let subscribed = last(marks, |mark| mark == Mark::SubscribeStarted)?;
    let hellos = |(at, mark): &&(Duration, Mark)| *at >= subscribed && received(*mark, &[MessageType::Hello]);
    marks.iter().find(hellos).map(|(at, _)| *at)
}

fn request(marks: &[(Duration, Mark)]) -> Option<Duration> {
    last(marks, |mark| match mark {
        Mark::Written { header, .. } => begins(header, &[MessageType::FullRequest, MessageType::FastRequest]),
        _ => false,
    })
}

fn answer(marks: &[(Duration, Mark)]) -> Option<Duration> {
    last(marks, |mark| received(mark, &[MessageType::FullAnswer, MessageType::FastAnswer]))
}

fn received(mark: Mark, types: &[MessageType]) -> bool {
    matches!(mark, Mark::Received { header, .. } if begins(header, types))
}

fn begins(header: u8, types: &[MessageType]) -> bool {
    header & FIRST != 0 && types.iter().any(|known| known.code() == header & TYPE)
}

fn first(marks: &[(Duration, Mark)], which: impl Fn(Mark) -> bool) -> Option<Duration> {
    marks.iter().find(|(_, mark)| which(*mark)).map(|(at, _)| *at)
}

fn last(marks: &[(Duration, Mark)], which: impl Fn(Mark) -> bool) -> Option<Duration> {
    marks.iter().rev().find(|(_, mark)| which(*mark)).map(|(at, _)| *at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_phase_is_measured_apart() {
        let at = Duration::from_millis;
        let marks = [
            (at(0), Mark::ScanStarted),
            (at(100), Mark::Heard),
            (at(110), Mark::ConnectStarted),
            (at(150), Mark::LinkUp),
            (at(200), Mark::Discovered),
            (at(201), Mark::SubscribeStarted),
            (at(231), Mark::Received { header: 0xc1, bytes: 20 }),
            (at(240), Mark::Subscribed),
            (at(241), Mark::Written { header: 0xc5, bytes: 20 }),
            (at(271), Mark::Received { header: 0xc6, bytes: 20 }),
            (at(400), Mark::Received { header: 0xc7, bytes: 30 }),
        ];
        let measured = Phase::ALL.map(|phase| phase.duration(&marks).unwrap().as_millis());
        assert_eq!(measured, [100, 40, 50, 39, 30, 30, 271]);
        assert_eq!(exchange(&marks), (1, 2));
    }

    #[test]
    fn what_did_not_happen_has_no_duration() {
        assert_eq!(Phase::Answer.duration(&[(Duration::ZERO, Mark::ScanStarted)]), None);
    }
}
