"""Sections 2 and 3: signed objects, schedules, credentials."""

from . import Refused
from .encoding import Reader, option, sized, varint
from .primitives import hash_, sign, verify

LABELS = {
    "certificate": "thumbturn/1/certificate",
    "rotation": "thumbturn/1/rotation",
    "grant": "thumbturn/1/grant",
    "share": "thumbturn/1/share",
    "acknowledgement": "thumbturn/1/log-acknowledgement",
    "time": "thumbturn/1/time",
}
LONGEST_BODY = 160
LONGEST_SIGNED = LONGEST_BODY + 64


def phone_id(session_key, signing_key):
    return hash_("thumbturn/1/phone-id", session_key + signing_key, 16)


def door_key_id(session_key, sealing_key, receipt_key):
    return hash_("thumbturn/1/door-key-id", session_key + sealing_key + receipt_key, 4)


# Fields in their order: (name, type). `hexN` is [u8; N].
FIELDS = {
    "certificate": [
        ("version", "u8"), ("property", "hex8"), ("generation", "u32"), ("door", "hex8"), ("session_key", "hex32"),
        ("sealing_key", "hex32"), ("receipt_key", "hex32"), ("issued", "instant"),
    ],
    "rotation": [
        ("version", "u8"), ("property", "hex8"), ("generation", "u32"), ("signing_key", "hex32"),
        ("sealing_key", "hex32"), ("previous_until", "option instant"), ("floor", "instant"),
    ],
    "grant": [
        ("version", "u8"), ("property", "hex8"), ("generation", "u32"), ("door", "hex8"), ("door_key", "hex4"),
        ("phone", "hex16"), ("holder", "hex8"), ("serial", "u32"), ("lease_end", "instant"), ("roles", "u16"),
        ("min_list_version", "u32"), ("not_before", "instant"), ("not_after", "option instant"),
        ("schedule", "option schedule"),
    ],
    "share": [
        ("version", "u8"), ("door", "hex8"), ("door_key", "hex4"), ("generation", "u32"), ("granter_serial", "u32"),
        ("guest", "hex16"), ("share_id", "hex8"), ("not_before", "instant"), ("not_after", "option instant"),
        ("schedule", "option schedule"),
    ],
    "acknowledgement": [
        ("version", "u8"), ("property", "hex8"), ("generation", "u32"), ("door", "hex8"), ("door_key", "hex4"),
        ("sequence", "u32"), ("head", "hex32"),
    ],
    "time": [
        ("version", "u8"), ("property", "hex8"), ("generation", "u32"), ("at", "instant"), ("nonce", "option hex8"),
    ],
}  # fmt: skip


def encode(kind, fields):
    assert list(fields) == [name for name, _ in FIELDS[kind]]
    return b"".join(encode_field(encoding, fields[name]) for name, encoding in FIELDS[kind])


def encode_field(encoding, value):
    if encoding.startswith("option "):
        return option(value, lambda value: encode_field(encoding.removeprefix("option "), value))
    if encoding.startswith("hex"):
        return bytes.fromhex(value)
    if encoding == "u8":
        return bytes([value])
    if encoding == "schedule":
        return varint(len(value)) + b"".join(bytes.fromhex(window) for window in value)
    return varint(value)


def decode(kind, body):
    if len(body) > LONGEST_BODY:
        raise Refused("body too long")
    reader = Reader(body)
    fields = {name: decode_field(reader, encoding) for name, encoding in FIELDS[kind]}
    reader.end()
    check(kind, fields)
    return fields


def decode_field(reader, encoding):
    if encoding.startswith("option "):
        return reader.option(lambda: decode_field(reader, encoding.removeprefix("option ")))
    if encoding.startswith("hex"):
        return reader.take(int(encoding.removeprefix("hex"))).hex()
    if encoding == "u8":
        return reader.u8()
    if encoding == "instant":
        return reader.instant()
    if encoding == "schedule":
        return schedule(reader)
    return reader.unsigned(encoding)


def schedule(reader):
    windows = reader.list(8, lambda: reader.take(4))
    if not windows or any(earlier >= later for earlier, later in zip(windows, windows[1:])):
        raise Refused("schedule")
    for window in windows:
        decode_window(window)
    return [window.hex() for window in windows]


def decode_window(window):
    """Days, first minute, last minute + 1."""
    days, minutes = window[0], int.from_bytes(window[1:], "big")
    start, end = minutes >> 12, minutes & 0xFFF
    if not 0 < days < 0x80 or not start < end <= 1440:
        raise Refused("window")
    return days, start, end


def check(kind, fields):
    if fields["version"] != 1:
        raise Refused("version")
    if kind == "grant" and fields["roles"] >> 5:
        raise Refused("roles")
    if kind == "rotation" and fields["generation"] < 2:
        raise Refused("a rotation replaces a generation")
    if fields.get("sequence") == 0:
        raise Refused("events are counted from 1")
    if fields.get("not_after") is not None and fields["not_after"] <= fields["not_before"]:
        raise Refused("not_after")


def read_signed(kind, signing_key, signed):
    if not 64 < len(signed) <= LONGEST_SIGNED:
        raise Refused("length")
    body, signature = signed[:-64], signed[-64:]
    verify(signing_key, LABELS[kind], body, signature)
    return decode(kind, body)


def make_signed(kind, secret, fields):
    body = encode(kind, fields)
    return body, sign(secret, LABELS[kind], body)


def encode_share_chain(chain):
    keys = bytes.fromhex(chain["granter_session_key"]) + bytes.fromhex(chain["granter_signing_key"])
    return keys + sized(bytes.fromhex(chain["share"]))


def read_share_chain(reader):
    return {
        "granter_session_key": reader.take(32).hex(),
        "granter_signing_key": reader.take(32).hex(),
        "share": embedded(reader),
    }


def embedded(reader):
    signed = reader.bytes(LONGEST_SIGNED)
    if len(signed) <= 64:
        raise Refused("shorter than a signature")
    return signed.hex()


def encode_credential(vector):
    return (
        b"\x01"
        + sized(bytes.fromhex(vector["certificate"]))
        + bytes.fromhex(vector["tag_key"])
        + sized(bytes.fromhex(vector["grant"]))
        + option(vector["share"], encode_share_chain)
    )


def read_credential(data):
    reader = Reader(data)
    if reader.u8() != 1:
        raise Refused("version")
    fields = {"certificate": embedded(reader), "tag_key": reader.take(16).hex(), "grant": embedded(reader)}
    fields["share"] = reader.option(lambda: read_share_chain(reader))
    reader.end()
    return fields
