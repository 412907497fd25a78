//! The commands, one in each file.

mod bench;
mod card;
mod code;
mod commission;
mod credentials;
mod logs;
mod probe;
mod report;
mod scan;
mod soak;
pub(crate) mod unlock;
mod update;

use std::sync::Arc;

use crate::arguments::{Arguments, Command, Visit};
use crate::failure::Failure;
use crate::radio::{Air, RadioSettings};
use crate::screen::Screen;
use crate::state::StateFolder;
use crate::state::door::DoorFile;
use crate::state::phone::TestPhone;
use crate::state::property::Property;

/// What every command has.
pub(crate) struct Workplace {
    /// Where results go.
    pub(crate) screen: Screen,
    /// What is remembered.
    pub(crate) state: StateFolder,
    radio: RadioSettings,
}

impl Workplace {
    /// Which door, by which phone: the phone holds a grant for the door.
    pub(crate) fn visit(&self, asked: &Visit) -> Result<(Arc<Property>, DoorFile, TestPhone), Failure> {
        let property = self.state.property()?;
        let door = self.state.door(asked.door.as_deref())?;
        let phone = self.state.phone(&asked.phone, &property)?;
        phone.hold_grant(&door, &property)?;
        Ok((property, door, phone))
    }

    /// Opens the radio: not before a command needs it.
    pub(crate) async fn air(&self) -> Result<Air, Failure> {
        Air::open(&self.radio).await
    }
}

/// Does what was asked for.
pub(crate) async fn run(arguments: &Arguments) -> Result<(), Failure> {
    let state = StateFolder::open(arguments.state.as_deref())?;
    let workplace = Workplace { screen: arguments.screen(), state, radio: arguments.radio() };
    match &arguments.command {
        Command::Commission(asked) => commission::run(&workplace, asked).await,
        Command::Scan(asked) => scan::run(&workplace, asked).await,
        Command::Unlock(asked) => unlock::run(&workplace, asked).await,
        Command::Update(asked) => update::run(&workplace, asked).await,
        Command::Code(asked) => code::run(&workplace, asked).await,
        Command::Card(asked) => card::run(&workplace, asked).await,
        Command::Logs(asked) => logs::run(&workplace, asked).await,
        Command::Soak(asked) => soak::run(&workplace, asked).await,
        Command::Bench(asked) => bench::run(&workplace, asked).await,
        Command::Probe(asked) => probe::run(&workplace, asked).await,
        Command::Report(asked) => report::run(&workplace, asked),
    }
}
