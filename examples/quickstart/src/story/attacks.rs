//! Somebody who listened comes back with a recording.

use core::time::Duration;

use thumbturn_phone::link::LinkError;
use thumbturn_simulator::attacker::{RawCentral, Recording};
use thumbturn_simulator::building::{BuildingError, Visit};
use thumbturn_simulator::trace::Direction;

use super::{PAUSE, Story, StoryError};
use crate::step::Counts;

/// How long the attacker waits for what the door says to his recording.
const PATIENCE: Duration = Duration::from_secs(1);

impl Story {
    pub(super) fn replayed_recording(&mut self) -> Result<(), StoryError> {
        const TITLE: &str = "replayed recording";
        let (person, door) = (self.resident(self.cast.resident)?, self.door_of(self.cast.resident)?);
        let visit = self.tap("overheard unlock", &person, &door, "an open door", Visit::is_open)?;
        let frames: Vec<_> = visit
            .connections()
            .into_iter()
            .flat_map(|connection| Recording::of(visit.trace(), connection).sent(Direction::ToDoor))
            .collect();

        let world = self.building.world().clone();
        let attacker = RawCentral::new(&world, door.door().place().beside());
        let (mark, started, before) = (world.mark(), world.now(), door.door().bolt_movements().len());
        let heard = world.block_on(async {
            let (connection, _) = attacker.listen(door.door().index()).await?;
            for frame in &frames {
                connection.write(frame).await?;
            }
            let answer = connection.notification(PATIENCE).await;
            connection.disconnect().await;
            Ok::<_, LinkError>(answer)
        });
        let heard = heard.map_err(BuildingError::from)?;
        let moves = door.door().bolt_movements().len() - before;
        if moves != 0 {
            let got = "a bolt that moved".into();
            return Err(StoryError::Unexpected { step: TITLE, expected: "a door that stays closed", got });
        }
        let outcome = match heard {
            Ok(Some(frame)) => format!("stays closed: not accepted ({} bytes)", frame.len()),
            Ok(None) | Err(_) => "stays closed: the door says nothing".into(),
        };
        let counts = Counts::of_trace(&world.trace_after(mark), world.now().since(started), moves);
        let action = format!("an attacker replays it at {}", door.name());
        self.note(TITLE, action, outcome, counts);
        world.run_for(PAUSE);
        Ok(())
    }
}
