//! Days of the week.

/// A day of the local calendar's week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Weekday {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

impl Weekday {
    /// The week, from Monday.
    pub const ALL: [Self; 7] = [
        Self::Monday,
        Self::Tuesday,
        Self::Wednesday,
        Self::Thursday,
        Self::Friday,
        Self::Saturday,
        Self::Sunday,
    ];

    /// The weekday that comes `days` after a Monday.
    #[must_use]
    pub const fn after_monday(days: u64) -> Self {
        match days % 7 {
            0 => Self::Monday,
            1 => Self::Tuesday,
            2 => Self::Wednesday,
            3 => Self::Thursday,
            4 => Self::Friday,
            5 => Self::Saturday,
            _ => Self::Sunday,
        }
    }

    const fn bit(self) -> u8 {
        match self {
            Self::Monday => 1 << 0,
            Self::Tuesday => 1 << 1,
            Self::Wednesday => 1 << 2,
            Self::Thursday => 1 << 3,
            Self::Friday => 1 << 4,
            Self::Saturday => 1 << 5,
            Self::Sunday => 1 << 6,
        }
    }
}

/// A set of weekdays, never empty: bit 0 is Monday, bit 6 Sunday (spec §3.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Days(u8);

impl Days {
    /// Monday to Sunday.
    pub const EVERY_DAY: Self = Self(0x7f);
    /// Saturday and Sunday.
    pub const WEEKEND: Self = Self(0x60);
    /// Monday to Friday.
    pub const WORKDAYS: Self = Self(0x1f);

    /// The days whose bits are set; `None` when no bit is set, or bit 7 is.
    #[must_use]
    pub const fn from_bits(bits: u8) -> Option<Self> {
        if bits == 0 || bits > Self::EVERY_DAY.0 { None } else { Some(Self(bits)) }
    }

    /// The given days, repeats allowed; `None` for no day.
    pub fn from_weekdays(weekdays: impl IntoIterator<Item = Weekday>) -> Option<Self> {
        Self::from_bits(weekdays.into_iter().fold(0, |bits, weekday| bits | weekday.bit()))
    }

    /// The bits, 0x01…0x7f.
    #[must_use]
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// Whether `weekday` is one of them.
    #[must_use]
    pub const fn contains(self, weekday: Weekday) -> bool {
        self.0 & weekday.bit() != 0
    }

    /// The days after these: Sunday becomes Monday.
    #[must_use]
    pub const fn next(self) -> Self {
        Self((self.0 << 1 | self.0 >> 6) & Self::EVERY_DAY.0)
    }

    /// The days, from Monday on.
    pub fn weekdays(self) -> impl Iterator<Item = Weekday> {
        Weekday::ALL.into_iter().filter(move |weekday| self.contains(*weekday))
    }
}

impl From<Weekday> for Days {
    fn from(weekday: Weekday) -> Self {
        Self(weekday.bit())
    }
}
