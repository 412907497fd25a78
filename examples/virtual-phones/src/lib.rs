//! Phones on the virtual radio (`examples/virtual-radio`): the phone core's [`Link`](thumbturn_phone::link::Link) over the byte pipe
//! to one door, for any number of phones. It runs on tokio.
//!
//! A [`Pipe`] is what all phones share, a [`VirtualRadio`] what one of them has. Who wants to know what happens on it gives an
//! [`Observer`].

mod error;
mod observer;
mod pipe;
mod radio;

pub use error::PipeError;
pub use observer::{Observer, Seen};
pub use pipe::Pipe;
pub use radio::VirtualRadio;
