//! The door's log on the screen, as it grows. No names are in it: phones and cards are numbers.

use thumbturn_lock::storage::Storage;
use thumbturn_protocol::event::{LoggedEvent, Sequence};

use crate::flash_file::FlashFile;

/// How far the log was shown.
#[derive(Debug)]
pub(crate) struct Journal {
    next: Sequence,
}

impl Journal {
    /// Behind what the log holds now.
    pub(crate) fn behind(storage: &mut Storage<FlashFile>) -> Self {
        Self { next: storage.newest_event().next() }
    }

    /// Shows what is new.
    pub(crate) fn print_news(&mut self, storage: &mut Storage<FlashFile>) {
        // A reset begins a new log.
        if storage.newest_event().next() < self.next {
            self.next = Sequence::FIRST;
        }
        self.next = print_from(self.next, storage);
    }

    /// Shows all of it.
    pub(crate) fn print_all(storage: &mut Storage<FlashFile>) {
        print_from(Sequence::FIRST, storage);
    }
}

fn print_from(mut from: Sequence, storage: &mut Storage<FlashFile>) -> Sequence {
    while let Ok(Some(LoggedEvent { sequence, event, .. })) = storage.next_event(from) {
        println!("event {} {event:?}", sequence.0);
        from = sequence.next();
    }
    from
}
