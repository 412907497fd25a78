//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::screen::Screen;

/// Keeps who may open which door of a property.
#[derive(Debug, Parser)]
#[command(
    name = "thumbturn",
    version,
    after_help = "Start with `found`, then `property open`. The guide is docs/guide/office.md."
)]
pub(crate) struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
    /// An SQLite file, or postgres://user@host:port/database.
    #[arg(long, global = true, default_value = "thumbturn.db", value_name = "FILE|URL")]
    pub(crate) store: String,
    /// The file with the host's key; without it, beside the SQLite file.
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) keystore: Option<PathBuf>,
    /// The property, by name or identifier; not needed while there is one only.
    #[arg(long, global = true, value_name = "NAME|ID")]
    pub(crate) property: Option<String>,
    /// Who does it, by e-mail address; without it the host itself, who may do everything.
    #[arg(long = "as", global = true, value_name = "EMAIL")]
    pub(crate) actor: Option<String>,
    /// Do not ask before something is taken away.
    #[arg(long, global = true)]
    pub(crate) yes: bool,
    /// One JSON object a line instead of sentences.
    #[arg(long, global = true)]
    json: bool,
}

impl Arguments {
    /// How results are shown.
    pub(crate) const fn screen(&self) -> Screen {
        if self.json { Screen::Json } else { Screen::Text }
    }
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Founds a portfolio with its first manager; makes the store and the host's key where there are none.
    Found(Found),
    /// Properties.
    #[command(subcommand)]
    Property(Property),
    /// Shows what a property is set to, after a change where one is named.
    Settings(SettingsChange),
    /// Doors of a property.
    #[command(subcommand)]
    Door(Door),
    /// Keys: sets of doors that are given to people.
    #[command(subcommand)]
    Key(Key),
    /// People of a property, and what they hold.
    #[command(subcommand)]
    Person(Person),
    /// Phones of people, which open doors and carry what doors are to know.
    #[command(subcommand)]
    Phone(Phone),
    /// The keys with which the property signs.
    #[command(subcommand)]
    Keys(Keys),
    /// The root of a portfolio, which announces the keys of its properties: for a machine that is kept offline.
    #[command(subcommand)]
    Root(Root),
    /// Shows the doors that somebody has to update, the most urgent first.
    Tasks,
    /// Brings people or units in from a CSV file.
    #[command(subcommand)]
    Import(Import),
    /// Writes a report as CSV.
    Report(Report),
    /// What was done, and what was tried and denied.
    #[command(subcommand)]
    Audit(Audit),
}

/// Phones.
#[derive(Debug, Subcommand)]
pub(crate) enum Phone {
    /// Makes an invitation for one more phone of somebody. It is shown once, and serves once, for seven days.
    Invite {
        /// Whose, by e-mail address.
        email: String,
    },
    /// Lists the phones of somebody.
    List {
        /// Whose, by e-mail address.
        email: String,
    },
    /// Revokes a phone that is lost, and nothing else of its person. Says what follows, and asks.
    Revoke {
        /// Which, as `phone list` names it.
        phone: String,
    },
}

/// Keys of a property.
#[derive(Debug, Subcommand)]
pub(crate) enum Keys {
    /// Makes the first keys of the property; asked again, shows those that are there.
    Make {
        /// The public key of the root, as `root new` names it.
        #[arg(long, value_name = "KEY")]
        root: String,
    },
    /// Makes the next keys, and writes what the root is to sign. Nothing changes until `keys announce`.
    Rotate {
        /// The file to write.
        #[arg(long, value_name = "FILE")]
        output: PathBuf,
    },
    /// Takes what the root has signed: from here on the new keys are in use.
    Announce {
        /// The file that `root sign` has written.
        file: PathBuf,
    },
}

/// The root.
#[derive(Debug, Subcommand)]
pub(crate) enum Root {
    /// Makes a root key, which its owner alone may read. Keep a copy: losing it means to claim every door anew.
    New {
        /// The file to make.
        file: PathBuf,
    },
    /// Signs a rotation of keys.
    Sign {
        /// The file of the root key.
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
        /// What `keys rotate` has written.
        draft: PathBuf,
        /// The file to write.
        #[arg(long, value_name = "FILE")]
        output: PathBuf,
    },
}

/// Imports.
#[derive(Debug, Subcommand)]
pub(crate) enum Import {
    /// Shows the header of a file.
    Template {
        /// Of which.
        #[arg(value_enum)]
        of: Template,
    },
    /// Invites the people of a file, after a review; broken off, the same command does the rest.
    People(ImportPeople),
    /// Adds the units of a file.
    Units {
        /// The CSV file.
        file: PathBuf,
    },
}

/// Files that can be imported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Template {
    /// People.
    People,
    /// Units.
    Units,
}

/// Invites the people of a file.
#[derive(Debug, Args)]
pub(crate) struct ImportPeople {
    /// The CSV file.
    pub(crate) file: PathBuf,
    /// A Key for all, by name; several times for several.
    #[arg(long = "key", value_name = "NAME")]
    pub(crate) keys: Vec<String>,
    /// When access begins for all whose row says nothing else, like 2026-05-01; now, without it.
    #[arg(long, value_name = "DAY")]
    pub(crate) start: Option<String>,
    /// The last day of access for all whose row says nothing else.
    #[arg(long, value_name = "DAY")]
    pub(crate) end: Option<String>,
    /// Only says what would follow.
    #[arg(long)]
    pub(crate) review: bool,
}

/// A report.
#[derive(Debug, Args)]
pub(crate) struct Report {
    /// Which.
    #[arg(value_enum)]
    pub(crate) kind: ReportKind,
    /// The file to write, instead of the standard output.
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

/// Reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportKind {
    /// Who has access to what, from when until when, and who gave it.
    Access,
    /// Which doors each Key opens.
    Keys,
    /// Which Keys everybody holds.
    People,
    /// What each door's device said last, and whether it needs an update.
    Devices,
    /// Whose each keycard is, and where it stands.
    Cards,
    /// Who did what, and who tried and was denied; for Portfolio Managers.
    Actions,
}

/// Founds a portfolio.
#[derive(Debug, Args)]
pub(crate) struct Found {
    /// What to call the portfolio.
    #[arg(long)]
    pub(crate) name: String,
    /// The first manager, by e-mail address.
    #[arg(long)]
    pub(crate) email: String,
    /// First name of the manager.
    #[arg(long, value_name = "NAME")]
    pub(crate) first: String,
    /// Last name of the manager.
    #[arg(long, value_name = "NAME")]
    pub(crate) last: String,
}

/// Properties.
#[derive(Debug, Subcommand)]
pub(crate) enum Property {
    /// Opens a property of a portfolio.
    Open {
        /// What to call it.
        #[arg(long)]
        name: String,
        /// Its portfolio, as `found` named it; not needed while all properties are of one.
        #[arg(long, value_name = "ID")]
        portfolio: Option<String>,
        /// Its time zone, like Europe/Berlin.
        #[arg(long)]
        zone: String,
        /// How long activity is kept.
        #[arg(long, default_value_t = 730, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=3650))]
        retention: u32,
    },
    /// Lists the properties that the actor manages.
    List,
}

/// What a property is to be set to.
#[derive(Debug, Args)]
pub(crate) struct SettingsChange {
    /// For how many days phones of residents and guests may stay offline.
    #[arg(long, value_name = "DAYS")]
    pub(crate) lease: Option<u32>,
    /// For how many days phones of staff may.
    #[arg(long, value_name = "DAYS")]
    pub(crate) staff_lease: Option<u32>,
    /// At least so often somebody with the news comes by each door; 0: nobody has to.
    #[arg(long, value_name = "DAYS")]
    pub(crate) round: Option<u32>,
    /// How many days before access begins its doors may be updated.
    #[arg(long, value_name = "DAYS")]
    pub(crate) preload: Option<u32>,
    /// For how many days activity is kept.
    #[arg(long, value_name = "DAYS")]
    pub(crate) retention: Option<u32>,
    /// Activity is kept as New York City demands it.
    #[arg(long, conflicts_with = "retention")]
    pub(crate) new_york_city: bool,
    /// Whether phones deliver at doors that they may not open.
    #[arg(long, value_name = "true|false")]
    pub(crate) couriers: Option<bool>,
    /// The version of the text to which people have to consent; 0: there is none.
    #[arg(long, value_name = "VERSION")]
    pub(crate) consent: Option<u32>,
}

/// Doors.
#[derive(Debug, Subcommand)]
pub(crate) enum Door {
    /// Adds a door.
    Add {
        /// What to call it.
        #[arg(long)]
        name: String,
        /// What kind of door it is; it stays that.
        #[arg(long, value_enum)]
        kind: Kind,
        /// It is reached without anybody's phone: by cable, Wi-Fi or a hub.
        #[arg(long)]
        connected: bool,
    },
    /// Lists the doors.
    List,
}

/// Kinds of doors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    /// From the street.
    Entrance,
    /// Of a flat or an office.
    Residence,
    /// Of a room that staff use.
    Service,
    /// Of a room that all use.
    Communal,
}

/// Keys.
#[derive(Debug, Subcommand)]
pub(crate) enum Key {
    /// Makes a Key.
    Create(KeyDoors),
    /// Gives a Key other doors, for everybody who holds it. Says what follows, and asks.
    Change(KeyDoors),
    /// Lists the Keys.
    List,
}

/// A Key with its doors.
#[derive(Debug, Args)]
pub(crate) struct KeyDoors {
    /// What it is called.
    #[arg(long)]
    pub(crate) name: String,
    /// A door, at any hour or like Gym=06:00-22:00; again for each.
    #[arg(long = "door", required = true, value_name = "NAME[=HOURS]")]
    pub(crate) doors: Vec<String>,
    /// No doorcodes: by phone only.
    #[arg(long)]
    pub(crate) without_doorcodes: bool,
}

/// People.
#[derive(Debug, Subcommand)]
pub(crate) enum Person {
    /// Gives Keys to somebody, who is invited by e-mail where there is no account yet.
    Invite(Invite),
    /// Lists people with access, or who are to have it.
    List {
        /// Also those whose access is over.
        #[arg(long)]
        expired: bool,
    },
    /// Takes a Key from somebody, or all of them. Says what follows, and asks.
    Revoke {
        /// Whom, by e-mail address.
        email: String,
        /// This Key only.
        #[arg(long, value_name = "NAME")]
        key: Option<String>,
    },
    /// Takes everything from somebody, and the person out of the list. Says what follows, and asks.
    Delete {
        /// Whom, by e-mail address.
        email: String,
    },
}

/// Invites somebody.
#[derive(Debug, Args)]
pub(crate) struct Invite {
    /// Whom, by e-mail address.
    pub(crate) email: String,
    /// First name.
    #[arg(long, value_name = "NAME")]
    pub(crate) first: String,
    /// Last name.
    #[arg(long, value_name = "NAME")]
    pub(crate) last: String,
    /// A Key; again for each.
    #[arg(long = "key", required = true, value_name = "NAME")]
    pub(crate) keys: Vec<String>,
    /// The first day, like 2026-03-01; without it, now.
    #[arg(long, value_name = "DAY")]
    pub(crate) start: Option<String>,
    /// The last day of access; without it, until somebody revokes it.
    #[arg(long, value_name = "DAY")]
    pub(crate) end: Option<String>,
    /// Does not live there.
    #[arg(long)]
    pub(crate) non_resident: bool,
    /// May let guests in.
    #[arg(long)]
    pub(crate) may_share: bool,
}

/// The audit log.
#[derive(Debug, Subcommand)]
pub(crate) enum Audit {
    /// Shows it, oldest first.
    Show {
        /// Only what came after this revision.
        #[arg(long, value_name = "REVISION")]
        after: Option<u64>,
    },
    /// Checks that it is as it was written, and names its newest hash: keep that elsewhere.
    Verify,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }
}
