//! What a person can do to the door: type a code, hold a card, touch, press the control inside.

use std::io;
use std::thread;

use thumbturn_lock::hardware::HardwareEvent;
use thumbturn_lock::keypad::Digit;
use thumbturn_protocol::card::{CardToken, CardVersion};
use thumbturn_simulator::card::Card;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::body::Body;
use crate::label::parse_hexadecimal;

/// For `help`.
pub(crate) const HELP: &str = "\
code DIGITS       type them at the keypad
clear             press the keypad's clear key
card TOKEN VERSION COMMON RESIDENCE   hold a keycard to the reader: token, version and the two read keys, in hexadecimal digits
card gone         take it away
touch             touch the door: it advertises faster for a while
door open|closed  the door leaf moves
motor moves|jams|blocked|battery      how the motor's next runs end
battery PERCENT   how full the battery is
reset             press the control on the secured side: the door forgets everything
log               show the whole log
count             how often the bolt opened since the start
quit              stop";

/// A line of the prompt.
#[derive(Debug)]
pub(crate) enum Command {
    Help,
    Log,
    Count,
    Quit,
    Body(Change),
}

/// What happens to the body.
#[derive(Debug)]
pub(crate) enum Change {
    Happens(Vec<HardwareEvent>),
    Hold(Box<Card>),
    TakeCard,
    NextEnd(HardwareEvent),
    Battery(u8),
}

impl Change {
    /// Makes it happen.
    pub(crate) fn make(self, body: &mut Body) {
        match self {
            Self::Happens(events) => events.into_iter().for_each(|event| body.happen(event)),
            Self::Hold(card) => body.hold(*card),
            Self::TakeCard => body.take_card(),
            Self::NextEnd(end) => body.next_end = end,
            Self::Battery(percent) => body.battery_percent = percent,
        }
    }
}

/// A line that is no command.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Mistake {
    #[error("there is no command {0:?}: `help` lists them")]
    Unknown(String),
    #[error("a code has digits only")]
    Digits,
    #[error("a card is: card TOKEN(16 digits) VERSION(2) COMMON(32) RESIDENCE(32), all hexadecimal")]
    Card,
}

/// The lines of the standard input. They end silently: a door started without a terminal runs on.
///
/// A thread that nobody waits for reads them: one of the runtime would keep a door that has ended until the next line comes.
#[expect(clippy::disallowed_methods, reason = "the thread belongs to the program, not to the engine")]
pub(crate) fn lines() -> UnboundedReceiver<String> {
    let (sender, lines) = unbounded_channel();
    thread::spawn(move || {
        for line in io::stdin().lines() {
            let Ok(line) = line else { break };
            if sender.send(line).is_err() {
                return;
            }
        }
        // Kept open: a closed channel would say that there is something to read.
        loop {
            thread::park();
        }
    });
    lines
}

/// The command of a line; an empty line is `help`.
pub(crate) fn parse(line: &str) -> Result<Command, Mistake> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let happens = |event| Ok(Command::Body(Change::Happens(vec![event])));
    let ends = |end| Ok(Command::Body(Change::NextEnd(end)));
    match words.as_slice() {
        [] | ["help"] => Ok(Command::Help),
        ["log"] => Ok(Command::Log),
        ["count"] => Ok(Command::Count),
        ["quit"] => Ok(Command::Quit),
        ["touch"] => happens(HardwareEvent::Touched),
        ["reset"] => happens(HardwareEvent::ResetPressed),
        ["clear"] => happens(HardwareEvent::KeypadCleared),
        ["door", "open"] => happens(HardwareEvent::DoorOpened),
        ["door", "closed"] => happens(HardwareEvent::DoorClosed),
        ["motor", "moves"] => ends(HardwareEvent::BoltMoved),
        ["motor", "jams"] => ends(HardwareEvent::BoltJammed),
        ["motor", "blocked"] => ends(HardwareEvent::BoltBlocked),
        ["motor", "battery"] => ends(HardwareEvent::BatteryGaveOut),
        ["battery", percent] if percent.parse::<u8>().is_ok_and(|percent| percent <= 100) => {
            Ok(Command::Body(Change::Battery(percent.parse().unwrap_or_default())))
        }
        ["code", digits] => parse_code(digits),
        ["card", "gone"] => Ok(Command::Body(Change::TakeCard)),
        ["card", token, version, common, residence] => {
            let card = parse_card(token, version, common, residence).ok_or(Mistake::Card)?;
            Ok(Command::Body(Change::Hold(Box::new(card))))
        }
        ["card", ..] => Err(Mistake::Card),
        [word, ..] => Err(Mistake::Unknown((*word).to_owned())),
    }
}

fn parse_code(digits: &str) -> Result<Command, Mistake> {
    let typed = digits.chars().map(|digit| {
        let value = digit.to_digit(10).and_then(|value| u8::try_from(value).ok());
        value.and_then(Digit::new).map(HardwareEvent::Digit).ok_or(Mistake::Digits)
    });
    Ok(Command::Body(Change::Happens(typed.collect::<Result<_, _>>()?)))
}

fn parse_card(token: &str, version: &str, common: &str, residence: &str) -> Option<Card> {
    let [version] = parse_hexadecimal(version)?;
    let token = CardToken(parse_hexadecimal(token)?);
    Some(Card::new(token, CardVersion(version), parse_hexadecimal(common)?, parse_hexadecimal(residence)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mistakes_are_told_and_change_nothing() {
        assert_eq!(parse("open sesame").unwrap_err(), Mistake::Unknown("open".to_owned()));
        assert_eq!(parse("code 12a4").unwrap_err(), Mistake::Digits);
        assert_eq!(parse("card 00").unwrap_err(), Mistake::Card);
        assert!(matches!(parse("battery 101"), Err(Mistake::Unknown(_))));
    }

    #[test]
    fn every_command_of_the_help_is_understood() {
        let card = format!("card {} 01 {} {}", "0".repeat(16), "1".repeat(32), "2".repeat(32));
        for line in ["code 1234", "clear", &card, "card gone", "touch", "door open", "door closed"]
            .into_iter()
            .chain(["motor moves", "motor jams", "motor blocked", "motor battery", "battery 7"])
            .chain(["reset", "log", "count", "quit", "help", ""])
        {
            assert!(parse(line).is_ok(), "{line}");
        }
    }
}
