//! What is wrong with a row, or worth knowing of it.

/// Something about a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Issue {
    /// Where the row begins in the file; the header is line 1.
    pub line: u32,
    /// The column of the template, unless it is about the row as a whole.
    pub column: Option<&'static str>,
    /// What.
    pub problem: Problem,
}

/// What becomes of a row that has an issue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Severity {
    /// It is not imported; the others are.
    Error,
    /// It is imported, and somebody should look.
    Warning,
    /// There is nothing to do for it.
    Skipped,
}

/// What there is to say of a row: a closed list, so that an app has a text for each. Names of Keys are unique at a property, so none
/// of a row is ambiguous.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Problem {
    /// No e-mail address.
    #[error("the e-mail address is missing: people are known by it")]
    MissingEmail,
    /// No e-mail address that mail can be sent to.
    #[error("this is no e-mail address: write it as name@example.com")]
    InvalidEmail,
    /// Another row has the same e-mail address, and says something else.
    #[error("another row has the same e-mail address and says something else: keep one of them")]
    DuplicateEmailInFile,
    /// Another row has the same unit, and says something else of it.
    #[error("another row has the same unit and says something else of it: keep one of them")]
    DuplicateUnitInFile,
    /// No name, or none of 1 to 120 characters without line breaks.
    #[error("the name is missing or is none: write 1 to 120 characters in one line")]
    MissingName,
    /// No such unit at the property.
    #[error("there is no such unit: add it, or correct its name")]
    UnknownUnit,
    /// No such Key at the property.
    #[error("there is no such Key: make it, or correct its name")]
    UnknownKey,
    /// A Key that is not the actor's to give.
    #[error("you do not manage this Key: ask a Portfolio Manager")]
    KeyNotPermitted,
    /// No Key in the row, and none chosen for all.
    #[error("there is no Key in this row, and none was chosen for all: choose one")]
    NoKey,
    /// Not a date.
    #[error("this is no date: write it as 2026-05-01, or as 2026-05-01T09:00:00+02:00")]
    BadDate,
    ///
    #[error("access would end before it starts: correct one of the two dates")]
    EndBeforeStart,
    ///
    #[error("access would end in the past: choose a later end, or none")]
    EndInPast,
    /// Neither yes nor no.
    #[error("this is neither yes nor no: write one of the two")]
    BadBool,
    /// More or fewer cells than the header has.
    #[error(
        "this row has more or fewer cells than the header: a comma within a cell needs quotation marks around it"
    )]
    WrongColumnCount,
    /// More than 1,000 characters.
    #[error("this cell has more than 1,000 characters: shorten it")]
    CellTooLong,
    /// The account has another name, which stays.
    #[error("this person has an account with another name, which stays")]
    NameDiffers,
    /// The unit is there and says something else, which stays.
    #[error("this unit is there already with another floor or identifier, which stay")]
    UnitDiffers,
    /// It begins as a formula does, and is taken as text.
    #[error("this begins like a formula, and is taken as text")]
    FormulaCell,
    /// An earlier import did this row.
    #[error("this row was imported before")]
    AlreadyImported,
    /// An earlier row says the same.
    #[error("an earlier row says the same")]
    DuplicateInFile,
}

impl Problem {
    /// What becomes of the row.
    #[must_use]
    pub const fn severity(self) -> Severity {
        match self {
            Self::NameDiffers | Self::FormulaCell => Severity::Warning,
            Self::AlreadyImported | Self::DuplicateInFile | Self::UnitDiffers => Severity::Skipped,
            Self::MissingEmail
            | Self::InvalidEmail
            | Self::DuplicateEmailInFile
            | Self::DuplicateUnitInFile
            | Self::MissingName
            | Self::UnknownUnit
            | Self::UnknownKey
            | Self::KeyNotPermitted
            | Self::NoKey
            | Self::BadDate
            | Self::EndBeforeStart
            | Self::EndInPast
            | Self::BadBool
            | Self::WrongColumnCount
            | Self::CellTooLong => Severity::Error,
        }
    }
}
