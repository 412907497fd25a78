//! An import of a CSV file, beside inserts of the rows that it comes to: the same rows in the same tables, one by one with prepared
//! statements, in transactions of the same size.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::time::Duration;

use thumbturn_manager::office::Store;
use thumbturn_manager::office::import::PeopleFile;
use thumbturn_manager::office::model::DoorType;
use thumbturn_manager::office::testing::{RawTable, RawValue};
use thumbturn_manager::office::use_case::import::{AddContacts, STEP_ROWS, SendInvitations};

use crate::engine::{Engine, Place};
use crate::failure::Failure;
use crate::figures::Figures;
use crate::house::{Desk, email, found, office, with_codes};
use crate::plan::Plan;
use crate::random::Counting;
use crate::stopwatch::timed;
use crate::table;

/// As many times the raw inserts as an import may take.
const BOUND: f64 = 3.0;
/// A door takes 20,000 rows, so doorcodes for all go to several.
const DOORS_WITH_CODES: usize = 10;

/// What the file gives people.
#[derive(Clone, Copy)]
enum Case {
    /// A Key without doorcodes.
    Plain,
    /// One of ten Keys with doorcodes.
    Doorcodes,
}

impl Case {
    const fn name(self) -> &'static str {
        match self {
            Self::Plain => "csv_vs_raw",
            Self::Doorcodes => "csv_with_doorcodes_vs_raw",
        }
    }
}

/// Imports a file and inserts its rows again, and deletes both stores.
pub(crate) async fn measure(engine: &Engine, plan: &Plan, figures: &mut Figures) -> Result<(), Failure> {
    for case in [Case::Plain, Case::Doorcodes] {
        let imported = engine.make(Place::Imported).await?;
        let csv = import(&imported, case, plan.rows).await?;
        let copies = Copies::of(&imported).await?;
        engine.delete(imported, Place::Imported).await?;
        let raw = engine.make(Place::Raw).await?;
        let inserted = copies.insert(&raw).await?;
        engine.delete(raw, Place::Raw).await?;
        let [csv, inserted] = [csv, inserted].map(|time| time.as_secs_f64());
        let (subject, case, engine) = (plan.subject, case.name(), engine.name());
        println!("{engine}: {} rows are imported in {csv:.1} s, and inserted in {inserted:.1} s", plan.rows);
        figures.note(format!("{subject}.{case}_seconds.{engine}"), csv);
        figures.note(format!("{subject}.{case}_raw_seconds.{engine}"), inserted);
        figures.note_bounded(format!("{subject}.{case}.{engine}"), csv / inserted, BOUND);
    }
    Ok(())
}

async fn import(store: &Store, case: Case, rows: usize) -> Result<Duration, Failure> {
    let (office, mut random) = (office(store), Counting::seeded(7));
    let portfolio = found(&office, &mut random).await?;
    let mut desk = Desk::open(&office, portfolio, random).await?;
    let mut names = Vec::new();
    let doors = if matches!(case, Case::Plain) { 1 } else { DOORS_WITH_CODES };
    for place in 0..doors {
        let name = format!("Door {place}");
        let mut entry = with_codes(desk.door(&name, DoorType::Communal).await?);
        entry.doorcodes = matches!(case, Case::Doorcodes);
        desk.key(&name, vec![entry]).await?;
        names.push(name);
    }
    let keys: Vec<&str> = names.iter().map(String::as_str).cycle().take(rows).collect();
    bring(&mut desk, &keys).await
}

/// Imports as many people as there are names of Keys, each with that Key; how long it takes once the file is there.
pub(crate) async fn bring(desk: &mut Desk, keys: &[&str]) -> Result<Duration, Failure> {
    let mut text = "first_name,last_name,email,keys,resident,may_share\n".to_owned();
    for (place, key) in keys.iter().enumerate() {
        let email = email(desk, &format!("person-{place}"))?;
        writeln!(text, "Ada,Moss,{},{key},yes,no", email.as_str())
            .map_err(|error| Failure::Import(error.to_string()))?;
    }
    let (done, time) = timed(send(desk, text.as_bytes())).await;
    let sent = done?;
    if sent == keys.len() { Ok(time) } else { Err(Failure::Import(format!("{sent} of {} rows", keys.len()))) }
}

async fn send(desk: &mut Desk, text: &[u8]) -> Result<usize, Failure> {
    let file = PeopleFile::parse(text).map_err(|error| Failure::Import(error.to_string()))?;
    let mut from = Some(0);
    while let Some(place) = from {
        from = desk.perform(&AddContacts { file: &file, from: place, most: STEP_ROWS }).await?.next;
    }
    let (mut sent, mut after) = (0, Some(0));
    while let Some(line) = after {
        let step = SendInvitations {
            file: &file,
            keys: BTreeSet::new(),
            start: None,
            end: None,
            after: line,
            most: STEP_ROWS,
        };
        let done = desk.perform(&step).await?;
        sent += done.sent;
        after = done.next;
    }
    Ok(sent)
}

/// What adding contacts comes to, and what sending does.
const STEPS: [&[RawTable]; 2] = [
    &[table::ACCOUNT, table::PERSON, table::IMPORT_ROW],
    &[table::KEY_GRANT, table::NOTIFICATION, table::DOORCODE, table::LIST_ROW],
];
/// What there is a row or two of for a step, or for the file.
const REST: &[RawTable] = &[table::AUDIT, table::IMPORT_BATCH, table::DOOR_TASK];

/// The rows of a table.
type Copied = (RawTable, Vec<Vec<RawValue>>);

/// All rows that an import has left.
struct Copies {
    steps: Vec<Vec<Copied>>,
    rest: Vec<Copied>,
}

impl Copies {
    async fn of(store: &Store) -> Result<Self, Failure> {
        let mut steps = Vec::new();
        for tables in STEPS {
            steps.push(copied(store, tables).await?);
        }
        Ok(Self { steps, rest: copied(store, REST).await? })
    }

    /// Inserts them; how long it takes.
    async fn insert(self, store: &Store) -> Result<Duration, Failure> {
        let mut time = Duration::ZERO;
        for tables in self.steps {
            let mut tables: Vec<_> =
                tables.into_iter().map(|(table, rows)| (table, rows.into_iter())).collect();
            while tables.iter().any(|(_, rows)| rows.len() > 0) {
                let some =
                    tables.iter_mut().map(|(table, rows)| (*table, rows.by_ref().take(STEP_ROWS).collect()));
                let some: Vec<Copied> = some.collect();
                let (done, more) = timed(insert(store, some)).await;
                done?;
                time += more;
            }
        }
        let (done, more) = timed(insert(store, self.rest)).await;
        done?;
        Ok(time + more)
    }
}

async fn copied(store: &Store, tables: &[RawTable]) -> Result<Vec<Copied>, Failure> {
    let mut raw = store.raw().await?;
    let mut copied = Vec::new();
    for table in tables {
        copied.push((*table, raw.rows(table).await?));
    }
    Ok(copied)
}

/// One transaction.
async fn insert(store: &Store, tables: Vec<Copied>) -> Result<(), Failure> {
    let mut raw = store.raw().await?;
    for (table, rows) in tables {
        raw.insert(&table, rows).await?;
    }
    Ok(raw.commit().await?)
}
