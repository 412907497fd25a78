//! A trace as text for people: one line for each happening.

use core::fmt;

use thumbturn_protocol::frame::MessageType;

use super::{Direction, Fate, Happening, Packet, PacketKind, Record, Trace};
use crate::station::{DoorIndex, PhoneIndex};

/// Prints the timeline: time, what happened, sizes. Frames are shown by their first bytes.
impl fmt::Display for Trace {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for record in self.records() {
            self.line(formatter, record)?;
        }
        Ok(())
    }
}

impl Trace {
    fn phone(&self, phone: PhoneIndex) -> &str {
        self.phones.get(&phone).map_or("a phone", String::as_str)
    }

    fn door(&self, door: DoorIndex) -> &str {
        self.doors.get(&door).map_or("a door", String::as_str)
    }

    fn line(&self, out: &mut fmt::Formatter<'_>, record: &Record) -> fmt::Result {
        write!(out, "{:>14}  ", record.at.to_string())?;
        match &record.what {
            Happening::Packet(packet) => line_of_packet(out, packet),
            Happening::ScanStarted(phone) => writeln!(out, "{} scans", self.phone(*phone)),
            Happening::Heard { phone, door, signal_dbm, scan_response } => {
                let missing = if *scan_response { "" } else { ", without scan response" };
                writeln!(
                    out,
                    "{} hears {} at {signal_dbm} dBm{missing}",
                    self.phone(*phone),
                    self.door(*door)
                )
            }
            Happening::ConnectStarted(phone) => writeln!(out, "{} connects", self.phone(*phone)),
            Happening::ConnectFailed { phone, code } => {
                writeln!(out, "{} cannot connect, code {code}", self.phone(*phone))
            }
            Happening::Connected { connection, phone, door } => {
                writeln!(out, "#{} {} is connected to {}", connection.0, self.phone(*phone), self.door(*door))
            }
            Happening::Discovered(connection) => writeln!(out, "#{} service known", connection.0),
            Happening::PhoneDisconnected { connection, reason } => {
                writeln!(out, "#{} phone side ended: {reason:?}", connection.0)
            }
            Happening::DoorDisconnected(connection) => writeln!(out, "#{} door side ended", connection.0),
            Happening::Adapter { phone, state } => {
                writeln!(out, "{}: Bluetooth is {state:?}", self.phone(*phone))
            }
            Happening::PowerOn(door) => writeln!(out, "{}: power on", self.door(*door)),
            Happening::PowerOff(door) => writeln!(out, "{}: power off", self.door(*door)),
            Happening::Door { door, note } => writeln!(out, "{}: {note}", self.door(*door)),
            Happening::Note(text) => writeln!(out, "{text}"),
        }
    }
}

fn line_of_packet(out: &mut fmt::Formatter<'_>, packet: &Packet) -> fmt::Result {
    let arrow = match packet.direction() {
        Direction::ToDoor => "->",
        Direction::ToPhone => "<-",
    };
    let kind = match packet.kind {
        PacketKind::MtuRequest | PacketKind::MtuResponse => "MTU",
        PacketKind::DiscoveryRequest | PacketKind::DiscoveryResponse => "discovery",
        PacketKind::SubscribeRequest | PacketKind::SubscribeResponse => "subscribe",
        PacketKind::WriteRequest => "write",
        PacketKind::WriteResponse => "write done",
        PacketKind::WriteCommand => "write without response",
        PacketKind::Notification => "notification",
    };
    write!(out, "#{} {arrow} {kind}", packet.connection.0)?;
    if packet.kind.carries_frame() {
        write!(out, ": {}, {} bytes", message(&packet.value), packet.value.len())?;
        if packet.fragments > 1 {
            write!(out, " in {} radio packets", packet.fragments)?;
        }
        write!(out, ", ")?;
        for byte in packet.value.iter().take(8) {
            write!(out, "{byte:02x}")?;
        }
        if packet.value.len() > 8 {
            write!(out, "...")?;
        }
    }
    match packet.fate {
        Fate::Delivered => writeln!(out),
        Fate::Altered => writeln!(out, " (altered on the way)"),
        Fate::Dropped => writeln!(out, " (vanished)"),
        Fate::Injected => writeln!(out, " (injected)"),
    }
}

/// What a frame belongs to, by its header (spec §4.3).
fn message(frame: &[u8]) -> &'static str {
    const FIRST: u8 = 0x80;
    const TYPE: u8 = 0x3f;
    let Some(header) = frame.first() else { return "nothing" };
    if header & FIRST == 0 {
        return "continued";
    }
    match MessageType::from_code(header & TYPE) {
        Some(MessageType::Hello) => "hello",
        Some(MessageType::HelloRequest) => "hello request",
        Some(MessageType::FullRequest) => "full request",
        Some(MessageType::FullAnswer) => "full answer",
        Some(MessageType::FastRequest) => "fast request",
        Some(MessageType::FastAnswer) => "fast answer",
        Some(MessageType::Record) => "record",
        Some(MessageType::ClaimRequest) => "claim request",
        Some(MessageType::ClaimAnswer) => "claim answer",
        Some(MessageType::NotAccepted) => "not accepted",
        None => "unknown",
    }
}
