//! Commands to a card and what it answers: DESFire's native commands in the wrapping of ISO 7816-4 (spec §14.8).

use alloc::vec::Vec;

use crate::error::Error;

/// Longest answer that a door reads. The longest honest one has 34 bytes.
const LONGEST_RESPONSE: usize = 64;

pub(super) const SELECT_APPLICATION: u8 = 0x5a;
pub(super) const READ_DATA: u8 = 0xad;
pub(super) const AUTHENTICATE_EV2_FIRST: u8 = 0x71;
pub(super) const ADDITIONAL_FRAME: u8 = 0xaf;

/// The status byte of a card that did what it was asked.
pub(super) const OPERATION_OK: u8 = 0x00;
/// The status byte of a card that expects [`ADDITIONAL_FRAME`].
pub(super) const MORE: u8 = 0xaf;
/// The first status byte of every native answer.
const NATIVE: u8 = 0x91;

/// A command for the card that is in the field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command(Vec<u8>);

impl Command {
    /// `90 instruction 00 00 length data 00`, without `length` and `data` if there are none.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidArgument`] for more than 255 bytes.
    pub(super) fn new(instruction: u8, data: &[&[u8]]) -> Result<Self, Error> {
        let data = data.concat();
        let length =
            u8::try_from(data.len()).map_err(|_| Error::InvalidArgument("a card command too long"))?;
        let length = [length];
        let length: &[u8] = if data.is_empty() { &[] } else { &length };
        Ok(Self([&[0x90, instruction, 0, 0], length, &data, &[0]].concat()))
    }

    /// What goes over the air.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// The data of an answer that ends with `91 status`.
///
/// # Errors
///
/// [`Error::Malformed`] for an answer that is too short or too long, [`Error::NotAuthentic`] for another status: the card
/// refused, which a card that holds the key does not.
pub(super) fn data_of(response: &[u8], status: u8) -> Result<&[u8], Error> {
    if response.len() > LONGEST_RESPONSE {
        return Err(Error::Malformed("answer of a card"));
    }
    let (data, said) = response.split_last_chunk::<2>().ok_or(Error::Malformed("answer of a card"))?;
    if *said != [NATIVE, status] {
        return Err(Error::NotAuthentic);
    }
    Ok(data)
}

/// [`data_of`], and of this length.
///
/// # Errors
///
/// As [`data_of`], and [`Error::Malformed`] for another length.
pub(super) fn exactly<const N: usize>(response: &[u8], status: u8) -> Result<[u8; N], Error> {
    data_of(response, status)?.try_into().map_err(|_| Error::Malformed("answer of a card"))
}

/// The header of [`READ_DATA`]: a file's first `N` bytes.
pub(super) fn read_header<const N: usize>(file: u8) -> [u8; 7] {
    const { assert!(N < 1 << 24, "files are shorter") };
    let [low, middle, high, ..] = N.to_le_bytes();
    [file, 0, 0, 0, low, middle, high]
}
