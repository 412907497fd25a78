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

#[cfg(test)]
mod tests {
    use core::cell::Cell;

    use serde::de::value::{Error, SeqDeserializer};

    use super::*;

    #[test]
    fn a_longer_list_is_refused_at_its_first_element_too_many() {
        let read = Cell::new(0_u32);
        let endless = core::iter::repeat_with(|| {
            read.set(read.get() + 1);
            7_u8
        });
        let list = deserialize_list::<3, u8, _>(SeqDeserializer::<_, Error>::new(endless));
        assert!(list.is_err());
        assert_eq!(read.get(), 4);
    }

    #[test]
    fn the_announced_length_sizes_no_allocation() {
        struct Boaster(core::ops::Range<u8>);

        impl Iterator for Boaster {
            type Item = u8;

            fn next(&mut self) -> Option<u8> {
                self.0.next()
            }

            fn size_hint(&self) -> (usize, Option<usize>) {
                let left = if self.0.is_empty() { 0 } else { 1_000_000 };
                (left, Some(left))
            }
        }

        let list = deserialize_list::<16, u8, _>(SeqDeserializer::<_, Error>::new(Boaster(0..3))).unwrap();
        assert_eq!(list, [0, 1, 2]);
        assert!(list.capacity() <= 16);
    }
}
