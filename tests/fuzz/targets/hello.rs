//! Any notification taken for a hello.
#![no_main]

use libfuzzer_sys::fuzz_target;
use thumbturn_fuzz::tag_key;
use thumbturn_protocol::hello::{DoorState, Hello};

fuzz_target!(|frame: &[u8]| {
    let Ok(hello) = Hello::parse(frame) else { return };
    assert_eq!(hello.as_bytes().as_slice(), frame);
    // Named by our key: made by it. Version 1 then says exactly what `Hello::new` would say.
    if hello.is_named_by(&tag_key()) && frame[1] == 1 && frame[2] == 1 {
        let nonce = frame[4..16].try_into().expect("twelve bytes");
        assert_eq!(Hello::new(hello.state(), nonce, &tag_key()), hello);
    }
    assert_eq!(hello.state() == DoorState::FactoryFresh, frame[3] & 1 == 1);
});
