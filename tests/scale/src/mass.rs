//! The many others of a store: properties of 100 people and 10 doors each, written past every use case. What is sealed in them opens with no
//! key, and nobody asks.

use thumbturn_manager::office::Store;
use thumbturn_manager::office::testing::RawValue::{self, Bytes, Number, Text};
use thumbturn_manager::office::testing::{RawTable, RawTables};

use crate::failure::Failure;
use crate::random::mixed;
use crate::table;

/// Of each property.
pub(crate) const PEOPLE: u64 = 100;
const DOORS: u64 = 10;
/// Properties of one transaction.
const TOGETHER: u64 = 50;
/// Monday, 5 January 2026, 00:00 UTC: when everybody came.
pub(crate) const MONDAY: u64 = 1_767_571_200;
const YEAR: u64 = 365 * 86_400;

type Row = Vec<RawValue>;

/// Adds properties with these numbers.
pub(crate) async fn fill(store: &Store, numbers: core::ops::Range<u64>) -> Result<(), Failure> {
    let mut first = numbers.start;
    while first < numbers.end {
        let last = numbers.end.min(first + TOGETHER);
        let mut raw = store.raw().await?;
        for number in first..last {
            add(&mut raw, Property(number)).await?;
        }
        raw.commit().await?;
        first = last;
    }
    Ok(())
}

async fn add(raw: &mut RawTables, property: Property) -> Result<(), Failure> {
    let people = || (0..PEOPLE).map(move |place| Person(property, place));
    let doors = || (0..DOORS).map(move |place| Door(property, place));
    let tables: [(&RawTable, Vec<Row>); 13] = [
        (&table::PORTFOLIO, vec![vec![long(property.0), text(format!("Portfolio {}", property.0))]]),
        (&table::PROPERTY, vec![property.row()]),
        (&table::AUDIT, vec![property.audit()]),
        (&table::DOOR, doors().map(Door::row).collect()),
        (&table::DOOR_KEY, doors().map(Door::key).collect()),
        (&table::DOOR_OF_KEY, doors().flat_map(Door::doors_of_key).collect()),
        (&table::ACCOUNT, people().map(Person::account).collect()),
        (&table::PERSON, people().map(Person::row).collect()),
        (&table::KEY_GRANT, people().map(Person::grant).collect()),
        (&table::DOORCODE, people().map(Person::doorcode).collect()),
        (&table::LIST_ROW, people().map(Person::list_row).collect()),
        (&table::PHONE, people().map(Person::phone).collect()),
        (&table::PASS, people().map(Person::pass).collect()),
    ];
    for (table, rows) in tables {
        raw.fill(table, rows).await?;
    }
    Ok(())
}

#[derive(Clone, Copy)]
struct Property(u64);

impl Property {
    fn id(self) -> RawValue {
        short(self.0)
    }

    fn row(self) -> Row {
        vec![
            self.id(),
            long(self.0),
            text(format!("Property {}", self.0)),
            text("Etc/UTC".to_owned()),
            number(7),
            number(730),
            number(0),
            Bytes(Some(vec![7; 32])),
            number(PEOPLE),
            number(PEOPLE),
            number(PEOPLE),
        ]
    }

    fn audit(self) -> Row {
        let (action, subject) = (text("open property".to_owned()), text("property".to_owned()));
        vec![
            self.id(),
            number(0),
            number(MONDAY),
            Bytes(None),
            action,
            subject,
            number(1),
            Bytes(Some(vec![7; 32])),
        ]
    }
}

/// The first is the entrance, the others are flats. The Key with the same place opens both.
#[derive(Clone, Copy)]
struct Door(Property, u64);

impl Door {
    const fn number(self) -> u64 {
        self.0.0 * DOORS + self.1
    }

    fn row(self) -> Row {
        let kind = if self.1 == 0 { 0 } else { 1 };
        vec![
            self.0.id(),
            short(self.number()),
            text(format!("Door {}", self.1)),
            number(kind),
            number(0),
            number(0),
        ]
    }

    fn key(self) -> Row {
        vec![self.0.id(), long(self.number()), text(format!("Key {}", self.1)), number(0)]
    }

    fn doors_of_key(self) -> Vec<Row> {
        let entrance = Self(self.0, 0);
        let mut doors = vec![self];
        if self.1 > 0 {
            doors.push(entrance);
        }
        let always = || text("always".to_owned());
        let row = |door: Self| {
            let has_codes = u64::from(door.1 > 0);
            vec![self.0.id(), long(self.number()), short(door.number()), always(), number(has_codes)]
        };
        doors.into_iter().map(row).collect()
    }
}

#[derive(Clone, Copy)]
struct Person(Property, u64);

impl Person {
    const fn number(self) -> u64 {
        self.0.0 * PEOPLE + self.1
    }

    const fn door(self) -> Door {
        Door(self.0, 1 + self.1 % (DOORS - 1))
    }

    fn account(self) -> Row {
        vec![
            long(self.number()),
            text(format!("person-{}@mass.example.com", self.number())),
            text("Ada".to_owned()),
            text("Moss".to_owned()),
            Text(None),
            number(MONDAY),
            number(MONDAY),
        ]
    }

    fn row(self) -> Row {
        let (none, account) = (Number(None), long(self.number()));
        vec![self.0.id(), short(self.number()), account, Bytes(None), number(MONDAY), none.clone(), none]
    }

    fn grant(self) -> Row {
        vec![
            self.0.id(),
            long(self.number()),
            short(self.number()),
            long(self.door().number()),
            number(1),
            number(1),
            number(MONDAY),
            Number(None),
            number(0),
            Bytes(None),
            number(MONDAY),
        ]
    }

    fn doorcode(self) -> Row {
        vec![
            self.0.id(),
            short(self.door().number()),
            number(self.1 + 1),
            number(self.1 + 1),
            short(self.number()),
            number(7),
            noise(self.number(), 16),
            noise(self.number(), 35),
            number(MONDAY),
        ]
    }

    fn list_row(self) -> Row {
        vec![
            self.0.id(),
            short(self.door().number()),
            noise(self.number(), 16),
            short(self.number()),
            noise(self.number(), 92),
            number(0),
            number(1),
            number(1),
            number(self.1 + 1),
        ]
    }

    fn phone(self) -> Row {
        vec![self.0.id(), long(self.number()), short(self.number()), number(MONDAY)]
    }

    fn pass(self) -> Row {
        vec![
            self.0.id(),
            short(self.number()),
            short(self.door().number()),
            long(self.number()),
            noise(self.number(), 4),
            number(self.1 + 1),
            number(1),
            number(MONDAY),
            Number(None),
            text("always".to_owned()),
            number(MONDAY + YEAR),
            noise(self.number(), 250),
            number(0),
        ]
    }
}

/// An identifier of eight bytes.
fn short(number: u64) -> RawValue {
    Bytes(Some(number.to_be_bytes().to_vec()))
}

/// An identifier of sixteen bytes.
fn long(number: u64) -> RawValue {
    Bytes(Some([number.to_be_bytes(), mixed(number)].concat()))
}

/// What nobody can tell from something sealed.
fn noise(number: u64, length: usize) -> RawValue {
    let blocks = (1_u64..).flat_map(|block| mixed(number ^ (block << 40)));
    Bytes(Some(blocks.take(length).collect()))
}

fn number(number: u64) -> RawValue {
    Number(i64::try_from(number).ok())
}

fn text(text: String) -> RawValue {
    Text(Some(text))
}
