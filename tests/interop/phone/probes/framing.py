"""Section 4.3: frames that are dropped or refused. None of them is answered."""

import os

from second import frames

from ..connection import FULL_REQUEST, HELLO_REQUEST, NOT_RECOGNISED, RECORD
from .probing import case

FIRST, LAST = 0x80, 0x40
# Cuts a message into many frames, whatever the link could carry.
SMALLEST_MTU = 23
LONGEST = 704


def strange(length=100):
    """Frames of a full request with a wrong gate: if they arrive as a message, the door says *not accepted 01*."""
    return frames.fragment(FULL_REQUEST, os.urandom(length), [SMALLEST_MTU])


async def write(door, parts):
    for part in parts:
        await door.connection.link.write(part)


@case("4.3", "the same frames in order arrive: *not accepted 01*")
async def in_order(door):
    await door.hello()
    await write(door, strange())
    await door.refused(NOT_RECOGNISED)


@case("4.3", "first frames of unknown types are ignored")
async def unknown_types(door):
    await door.hello()
    await write(door, [bytes([FIRST | LAST | code]) + os.urandom(19) for code in (0x00, 0x0B, 0x20, 0x3F)])
    await door.ignored()


@case("4.3", "messages that only a door sends are ignored")
async def of_a_door(door):
    await door.hello()
    await write(door, [bytes([FIRST | LAST | code]) + os.urandom(19) for code in (0x01, 0x04, 0x06, 0x09, 0x0A)])
    await door.ignored()


@case("4.3", "a record before a session is ignored")
async def record_without_session(door):
    await door.hello()
    await write(door, [bytes([FIRST | LAST | RECORD]) + os.urandom(19)])
    await door.ignored()


@case("4.3", "later frames without a message are ignored")
async def later_frames_alone(door):
    await door.hello()
    await write(door, [bytes([0]) + os.urandom(9), bytes([1]) + os.urandom(9), bytes([LAST | 2]) + os.urandom(9)])
    await door.ignored()


@case("4.3", "a message that lacks a frame is dropped")
async def lacking(door):
    await door.hello()
    parts = strange()
    await write(door, parts[:2] + parts[3:])
    await door.ignored()


@case("4.3", "a message with a frame twice is dropped")
async def twice(door):
    await door.hello()
    parts = strange()
    await write(door, parts[:3] + parts[2:])
    await door.ignored()


@case("4.3", "a message with two frames exchanged is dropped")
async def exchanged(door):
    await door.hello()
    parts = strange()
    parts[2], parts[3] = parts[3], parts[2]
    await write(door, parts)
    await door.ignored()


@case("4.3", "a new message makes the door forget an unfinished one")
async def unfinished(door):
    await door.untouched()
    parts = strange()
    await write(door, parts[:3])
    await door.ignored()
    await write(door, parts[3:])
    await door.ignored()


@case("4.3", "a first frame of an unknown type makes it forget one too")
async def unknown_amid(door):
    await door.hello()
    parts = strange()
    await write(door, [*parts[:3], bytes([FIRST | 0x3F, 0]), *parts[3:]])
    await door.ignored()
    await door.hello()
    await write(door, [*parts[:3], bytes([FIRST | LAST | 0x01, 0]), *parts[3:]])
    await door.ignored()


@case("4.3", "a later frame without payload is ignored, and its message goes on")
async def without_payload(door):
    await door.hello()
    parts = strange()
    await write(door, [*parts[:3], bytes([3]), *parts[3:]])
    await door.refused(NOT_RECOGNISED)


@case("4.3", "an empty value is ignored, and its message goes on", needs="carries_empty_values")
async def empty_value(door):
    await door.hello()
    parts = strange()
    await write(door, [*parts[:3], b"", *parts[3:]])
    await door.refused(NOT_RECOGNISED)


@case("4.3", "indexes go on modulo 64")
async def many_frames(door):
    await door.hello()
    whole, cut = os.urandom(200), 3
    parts = [whole[at : at + cut] for at in range(0, len(whole), cut)]
    heads = [FIRST | FULL_REQUEST, *(index % 64 for index in range(1, len(parts)))]
    heads[-1] |= LAST
    await write(door, [bytes([head]) + part for head, part in zip(heads, parts)])
    await door.refused(NOT_RECOGNISED)


@case("1.6", "a message of 704 bytes is taken before authentication")
async def longest(door):
    await door.hello()
    await write(door, strange(LONGEST))
    await door.refused(NOT_RECOGNISED)


@case("1.6", "one of 705 bytes is dropped, and its remaining frames are ignored")
async def too_long(door):
    await door.hello()
    await write(door, strange(LONGEST + 1))
    await door.ignored()
    await door.hello()
    await write(door, strange(2 * LONGEST))
    await door.ignored()


@case("4.3", "a hello request with a payload is dropped")
async def long_hello_request(door):
    await door.hello()
    await write(door, [bytes([FIRST | LAST | HELLO_REQUEST, 0])])
    await door.connection.silent()
