"""Section 7: records that end the session, and what does not."""

import os
import time

from second.delivery import big
from second.encoding import sized
from second.objects import door_key_id

from .. import Wrong
from ..authority import DAY, GENERATION, LIST_VERSION
from ..connection import LONGEST, RECORD
from ..session import ASK, STATE
from .probing import case

# How long a session lasts without a message (section 4.7), and what a slow radio adds.
IDLE, SLACK = 2, 2
FETCH, OFFER, PROGRESS, NOTHING = 8, 10, 11, 18
REFUSED, NOT_AUTHENTIC = 4, 0


async def ends(door, payload):
    await door.connection.send(RECORD, payload)
    await door.connection.is_ended(IDLE - 0.5)


@case("7.1", "a gap in the counters is allowed")
async def gap(door):
    session = await door.session()
    await session.connection.send(RECORD, session.seal(bytes([ASK]), 7))
    await session.awaited(STATE)


@case("7.1", "a counter that does not rise ends the session")
async def repeated(door):
    for counter in (7, 6, 0):
        session = await door.session()
        await session.connection.send(RECORD, session.seal(bytes([ASK]), 7))
        await session.awaited(STATE)
        await ends(door, session.seal(bytes([ASK]), counter))


@case("7.1", "a record that does not open ends the session")
async def closed(door):
    for place in (0, 4, -1):
        session = await door.session()
        payload = bytearray(session.seal(bytes([ASK])))
        payload[place] ^= 1
        await ends(door, bytes(payload))


@case("7.1", "a record that is too short ends the session")
async def short(door):
    for length in (0, 3, 4, 19):
        session = await door.session()
        await ends(door, session.seal(b"")[:length])


@case("7.2", "a record that does not decode ends the session")
async def undecodable(door):
    for plain in (b"", b"\x13", b"\x83\x00", bytes([ASK, 0]), bytes([FETCH, 3]), bytes([OFFER, 181]) + bytes(181)):
        session = await door.session()
        await ends(door, session.seal(plain))


@case("7.2", "a record of the door's own direction ends the session")
async def direction(door):
    session = await door.session()
    await ends(door, session.seal(b"\x00" + os.urandom(8) + b"\x00"))


@case("1.6", "a record of more than 1,536 bytes is dropped, and the session goes on")
async def too_long(door):
    session = await door.session()
    await session.connection.send(RECORD, os.urandom(LONGEST[RECORD] + 1))
    await session.send(bytes([ASK]))
    await session.awaited(STATE)


@case("7.2", "an offer that nobody signed is *refused: not authentic*")
async def offer(door):
    session = await door.session()
    vault, now = door.vault, int(time.time())
    header = b"\x01\x01" + vault["property"] + big(GENERATION, 4) + vault["door"]
    header += door_key_id(*door.authority.door_keys()) + bytes(4) + big(LIST_VERSION + 1, 4) + big(256, 4)
    header += big(now, 8) + big(now + DAY, 8) + os.urandom(32 + 32 + 64)
    await session.send(bytes([OFFER]) + sized(header))
    record = await session.awaited(PROGRESS)
    if record["progress"] != {"index": REFUSED, "reason": NOT_AUTHENTIC}:
        raise Wrong(f"{record} came")


@case("7.2", "what the door does not have is *nothing*")
async def nothing(door):
    session = await door.session()
    await session.send(bytes([FETCH, 0]))
    if (record := await session.awaited(NOTHING))["object"] != 0:
        raise Wrong(f"{record} came")


@case("4.7", "a session is ended after 2 s without a message")
async def idle(door):
    session = await door.session()
    await session.connection.is_ended(IDLE + SLACK)
