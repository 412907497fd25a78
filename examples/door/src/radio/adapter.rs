//! Taking an adapter from the system.

use std::io;

/// `AF_BLUETOOTH` and its raw protocol, and the request that takes a device down (Linux, `net/bluetooth/hci_sock.h`).
const BTPROTO_HCI: libc::c_int = 1;
const HCIDEVDOWN: libc::c_ulong = 0x4004_48ca;

/// Takes an adapter down: one that is up belongs to the system's Bluetooth service, and cannot be opened by anybody else.
///
/// # Errors
///
/// Those of the system: no such adapter, or not root.
#[expect(unsafe_code, reason = "the kernel's interface has no safe form in the standard library")]
pub(super) fn take_down(number: u16) -> io::Result<()> {
    // SAFETY: no pointers are passed; the descriptor is closed on every way out.
    unsafe {
        let socket = libc::socket(libc::AF_BLUETOOTH, libc::SOCK_RAW | libc::SOCK_CLOEXEC, BTPROTO_HCI);
        if socket < 0 {
            return Err(io::Error::last_os_error());
        }
        let result = libc::ioctl(socket, HCIDEVDOWN, libc::c_int::from(number.cast_signed()));
        let error = io::Error::last_os_error();
        libc::close(socket);
        if result < 0 { Err(error) } else { Ok(()) }
    }
}
