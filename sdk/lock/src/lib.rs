//! Being laid.
#![no_std]
