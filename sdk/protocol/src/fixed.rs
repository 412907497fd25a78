//! Fixed layouts: fields of stated sizes, one after the other, without lengths (spec §1.1).

use crate::error::Error;

/// Takes fields from the front.
pub(crate) struct Fields<'a> {
    rest: &'a [u8],
    what: &'static str,
}

impl<'a> Fields<'a> {
    /// The fields of `bytes`, which are to be a `what`.
    pub(crate) const fn new(bytes: &'a [u8], what: &'static str) -> Self {
        Self { rest: bytes, what }
    }

    /// The next `N` bytes.
    pub(crate) fn take<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let (field, rest) = self.rest.split_first_chunk::<N>().ok_or(Error::Malformed(self.what))?;
        self.rest = rest;
        Ok(*field)
    }

    /// The next byte.
    pub(crate) fn byte(&mut self) -> Result<u8, Error> {
        self.take::<1>().map(|[byte]| byte)
    }

    /// The next four bytes as a number.
    pub(crate) fn number(&mut self) -> Result<u32, Error> {
        self.take().map(u32::from_be_bytes)
    }
}

/// `fields`, one after the other; zeros up to `N` bytes. What does not fit is left out.
pub(crate) fn joined<const N: usize>(fields: &[&[u8]]) -> [u8; N] {
    let mut bytes = [0; N];
    for (to, from) in bytes.iter_mut().zip(fields.iter().copied().flatten()) {
        *to = *from;
    }
    bytes
}
