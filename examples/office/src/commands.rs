//! The commands.

mod audit;
mod door;
mod found;
mod import;
mod key;
mod keys;
mod person;
mod phone;
mod property;
mod report;
mod root;
mod settings;
mod tasks;

use crate::arguments::{Arguments, Command, Import};
use crate::desk::Desk;
use crate::failure::Failure;

/// Does what the command line asks for.
pub(crate) async fn run(arguments: &Arguments) -> Result<(), Failure> {
    if let Command::Import(Import::Template { of }) = &arguments.command {
        import::template(arguments.screen(), *of);
        return Ok(());
    }
    if let Command::Root(wanted) = &arguments.command {
        return root::run(arguments.screen(), wanted);
    }
    let desk = match &arguments.command {
        Command::Found(_) => Desk::open_or_make(arguments).await?,
        _ => Desk::open(arguments).await?,
    };
    match &arguments.command {
        Command::Found(wanted) => found::run(&desk, wanted).await,
        Command::Property(wanted) => property::run(&desk, wanted).await,
        Command::Settings(wanted) => settings::run(&desk.at_property().await?, wanted).await,
        Command::Door(wanted) => door::run(&desk.at_property().await?, wanted).await,
        Command::Key(wanted) => key::run(&desk.at_property().await?, wanted).await,
        Command::Person(wanted) => person::run(&desk.at_property().await?, wanted).await,
        Command::Phone(wanted) => phone::run(&desk.at_property().await?, wanted).await,
        Command::Keys(wanted) => keys::run(&desk.at_property().await?, wanted).await,
        // Needs no office, and was done above.
        Command::Root(_) => Ok(()),
        Command::Tasks => tasks::run(&desk.at_property().await?).await,
        Command::Import(wanted) => import::run(&desk.at_property().await?, wanted).await,
        Command::Report(wanted) => report::run(&desk.at_property().await?, wanted).await,
        Command::Audit(wanted) => audit::run(&desk.at_property().await?, wanted).await,
    }
}
