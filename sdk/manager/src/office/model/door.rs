//! What kind of door it is.

/// What kind of door it is. Does not change as long as a device is on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DoorType {
    /// From the street.
    BuildingEntrance,
    /// Of a flat or an office: private, the other three are public.
    Residence,
    /// Of a room that staff use.
    Service,
    /// Of a room that all use.
    Communal,
}

impl DoorType {
    const ALL: [Self; 4] = [Self::BuildingEntrance, Self::Residence, Self::Service, Self::Communal];

    /// Whether what residents do there is theirs alone.
    #[must_use]
    pub const fn is_private(self) -> bool {
        matches!(self, Self::Residence)
    }

    /// As the store has it.
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::BuildingEntrance => 0,
            Self::Residence => 1,
            Self::Service => 2,
            Self::Communal => 3,
        }
    }

    pub(crate) fn from_code(code: u8) -> Option<Self> {
        Self::ALL.get(usize::from(code)).copied()
    }
}
