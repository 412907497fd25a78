"""Section 4.7: how many handshakes a door works on. The last of all cases, since it leaves none for others."""

import asyncio
import os

from second.messages import gate

from .. import Wrong
from ..connection import BUSY, FULL_REQUEST, NOT_ACCEPTED, NOT_RECOGNISED, name
from ..keys import PhoneKeys
from ..unlocking import DELIVER, READY
from .probing import case

TOKENS = 20
SECONDS_FOR_A_TOKEN = 2


@case("4.7", "a door without a token for a handshake: *not accepted 02*, and later it has one")
async def bucket(door):
    for _ in range(4 * TOKENS):
        connection, hello = await door.hello()
        message = os.urandom(96)
        await connection.send(FULL_REQUEST, gate(door.tag_key, hello, message) + message)
        code, payload = await connection.message()
        if (code, payload) == (NOT_ACCEPTED, bytes([BUSY])):
            break
        if (code, payload) != (NOT_ACCEPTED, bytes([NOT_RECOGNISED])):
            raise Wrong(f"{name(code)} {payload.hex()} came")
    else:
        raise Wrong(f"{4 * TOKENS} handshakes, and the door was never busy")
    await asyncio.sleep(2 * SECONDS_FOR_A_TOKEN)
    phone = PhoneKeys.new()
    (await door.decision(phone, door.authority.grant(phone.id), kind=DELIVER)).expect(READY)
