//! How a card's answer ends.

/// The second status byte; the first is 91.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    Ok,
    More,
    IllegalCommand,
    Integrity,
    NoKey,
    Length,
    Permission,
    NoApplication,
    Authentication,
    Boundary,
    NoFile,
}

impl Status {
    pub(super) const fn code(self) -> u8 {
        match self {
            Self::Ok => 0x00,
            Self::More => 0xaf,
            Self::IllegalCommand => 0x1c,
            Self::Integrity => 0x1e,
            Self::NoKey => 0x40,
            Self::Length => 0x7e,
            Self::Permission => 0x9d,
            Self::NoApplication => 0xa0,
            Self::Authentication => 0xae,
            Self::Boundary => 0xbe,
            Self::NoFile => 0xf0,
        }
    }
}
