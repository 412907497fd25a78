//! Who plays which part: chosen from the lists, so that any building with fitting people can tell the story.

use std::path::Path;

use crate::resident_list::Person;

/// The people of the story, as positions in the resident list.
#[derive(Debug)]
pub(crate) struct Cast {
    /// Opens his doors at any hour and may share.
    pub(crate) resident: usize,
    /// Has hours.
    pub(crate) scheduled: usize,
    /// Has an end.
    pub(crate) leaving: usize,
    /// Somebody, and a door that he does not hold.
    pub(crate) stranger: (usize, usize),
}

/// The list has nobody for a part.
#[derive(Debug, thiserror::Error)]
#[error("{file}: the story needs {part}: add a row")]
pub(crate) struct NobodyFor {
    file: String,
    part: &'static str,
}

impl Cast {
    /// Chooses the first fitting person of the resident list `file` for each part.
    pub(crate) fn choose(file: &Path, people: &[Person], doors: usize) -> Result<Self, NobodyFor> {
        let nobody = |part| NobodyFor { file: file.display().to_string(), part };
        let first = |fits: &dyn Fn(&Person) -> bool| people.iter().position(fits);
        let stranger = people.iter().enumerate().find_map(|(person, who)| {
            (0..doors).find(|door| !who.doors.contains(door)).map(|door| (person, door))
        });
        Ok(Self {
            resident: first(&|who| who.may_share && who.schedule.is_none() && who.until.is_none())
                .ok_or_else(|| nobody("a person with may_share, without schedule and until"))?,
            scheduled: first(&|who| who.schedule.is_some() && who.until.is_none())
                .ok_or_else(|| nobody("a person with a schedule and without until"))?,
            leaving: first(&|who| who.until.is_some() && who.schedule.is_none())
                .ok_or_else(|| nobody("a person with until and without a schedule"))?,
            stranger: stranger.ok_or_else(|| nobody("a person who does not hold every door"))?,
        })
    }
}
