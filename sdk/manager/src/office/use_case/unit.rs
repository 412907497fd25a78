//! Units: dwellings and offices. They open no door.

use crate::ids::UnitId;
use crate::office::audit::Subject;
use crate::office::model::Name;
use crate::office::permission::Need;
use crate::office::store;
use crate::office::work::Work;
use crate::office::{Error, Thing};

use super::UseCase;
use super::sealed::Sealed;

/// Adds a unit (F-024, F-025).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddUnit {
    /// Its name, which no other unit of the property has.
    pub name: Name,
    /// The floor, as people say it.
    pub floor: Option<Name>,
    /// What another system calls it.
    pub external_id: Option<Name>,
}

impl Sealed for AddUnit {}

impl UseCase for AddUnit {
    type Answer = UnitId;
    const NAME: &'static str = "add unit";

    fn need(&self) -> Need {
        Need::FullKeys
    }

    async fn run(&self, work: &mut Work<'_>) -> Result<UnitId, Error> {
        let (property, unit) = (work.property(), UnitId::random(work.random)?);
        let beside = (self.floor.as_ref().map(Name::as_str), self.external_id.as_ref().map(Name::as_str));
        if !store::unit::insert(work.connection(), property, unit, self.name.as_str(), beside).await? {
            return Err(Error::NameTaken(Thing::Unit));
        }
        work.concerns(Subject::Unit(unit));
        Ok(unit)
    }
}
