//! Lists with a stated maximum (spec §1.2, §1.6).

use alloc::vec::Vec;
use core::fmt;
use core::marker::PhantomData;

use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// Takes a list of at most `MAXIMUM` elements, for `#[serde(deserialize_with)]`.
///
/// The count comes from the air, so it sizes no allocation, and a longer list is refused at its first element too many.
pub(crate) fn deserialize_list<'de, const MAXIMUM: usize, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    deserializer.deserialize_seq(BoundedList::<MAXIMUM, T> { element: PhantomData })
}

struct BoundedList<const MAXIMUM: usize, T> {
    element: PhantomData<T>,
}

impl<'de, const MAXIMUM: usize, T: Deserialize<'de>> Visitor<'de> for BoundedList<MAXIMUM, T> {
    type Value = Vec<T>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "at most {MAXIMUM} elements")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Vec<T>, A::Error> {
        let mut list = Vec::new();
        while let Some(element) = elements.next_element()? {
            if list.len() == MAXIMUM {
                return Err(A::Error::invalid_length(MAXIMUM.saturating_add(1), &self));
            }
            list.push(element);
        }
        Ok(list)
    }
}
