"""Section 9: claim requests that are refused, at a claimed door and at one fresh from the factory."""

import os

from second import messages

from .. import Ended, Wrong
from ..authority import Authority
from ..claiming import claim_request
from ..connection import (
    CLAIM_ANSWER, CLAIM_REQUEST, FAST_REQUEST, FULL_REQUEST, NOT_ACCEPTED, NOT_RECOGNISED, RECORD, is_factory_fresh, name,
)  # fmt: skip
from ..session import CLAIM_CONFIRM, Session
from ..vault import Vault
from .probing import case


def configuration():
    """A right one, of a property that nobody keeps."""
    return messages.encode_configuration(Authority.founded(Vault(None)).configuration())


@case("9.1", "a claimed door does not take claims: *not accepted 01*")
async def claimed(door):
    # A right claim, which only whoever has the label can make: behind the gate of either state.
    psk, claim_tag_key = messages.claim_keys(door.vault["claim_secret"])
    for tag_key in (door.tag_key, claim_tag_key):
        _, hello = await door.hello()
        _, request = claim_request(hello, psk, tag_key, configuration())
        await door.connection.send(CLAIM_REQUEST, request)
        await door.refused(NOT_RECOGNISED)


async def claims(door, psk, tag_key, payload):
    """The door's answer to a claim request, and the handshake."""
    connection, hello = await door.hello()
    handshake, request = claim_request(hello, psk, tag_key, payload)
    await connection.send(CLAIM_REQUEST, request)
    return handshake, await connection.message()


async def is_refused(door, psk, tag_key, payload, value=NOT_RECOGNISED):
    _, (code, payload) = await claims(door, psk, tag_key, payload)
    if (code, payload) != (NOT_ACCEPTED, bytes([value])):
        raise Wrong(f"not accepted {value:02x} was promised, and {name(code)} {payload.hex()} came")


@case("9.1", "a factory-fresh door answers claims only: others are *not accepted 01*", fresh=True)
async def claims_only(door):
    await door.untouched()
    await door.connection.send(FULL_REQUEST, os.urandom(300))
    await door.refused(NOT_RECOGNISED)
    await door.connection.send(FAST_REQUEST, os.urandom(19))
    await door.refused(NOT_RECOGNISED)


@case("9.3", "a wrong gate, a wrong secret: *not accepted 01*", fresh=True)
async def wrong_secret(door):
    psk, tag_key = messages.claim_keys(door.secret)
    await is_refused(door, psk, os.urandom(16), configuration())
    await is_refused(door, os.urandom(32), tag_key, configuration())


@case("9.4", "configurations that do not decode: *not accepted 01*", fresh=True)
async def malformed(door):
    psk, tag_key = messages.claim_keys(door.secret)
    right = configuration()
    # Version; generation; keys and names; kind; relock seconds.
    kind_at = 1 + 8 + 1 + 3 * 32 + 8 + 16
    for wrong in (
        b"",
        b"\x02" + right[1:],
        right[:kind_at] + b"\x04" + right[kind_at + 1 :],
        right[: kind_at + 1] + b"\x00" + right[kind_at + 2 :],
        right[: kind_at + 1] + b"\xf1" + right[kind_at + 2 :],
        right[:-1],
        right + b"\x00",
    ):
        await is_refused(door, psk, tag_key, wrong)


@case("9.6", "a claim that is not confirmed is forgotten with its session", fresh=True)
async def unconfirmed(door):
    psk, tag_key = messages.claim_keys(door.secret)
    _, (code, payload) = await claims(door, psk, tag_key, configuration())
    if code != CLAIM_ANSWER:
        raise Wrong(f"a claim answer was promised, and {name(code)} {payload.hex()} came")
    _, hello = await door.untouched()
    if not is_factory_fresh(hello):
        raise Wrong("a claim was kept that nobody confirmed")


@case("9.6", "a claim is forgotten when another hello is asked for", fresh=True)
async def another_hello(door):
    psk, tag_key = messages.claim_keys(door.secret)
    await door.leave()
    handshake, (code, payload) = await claims(door, psk, tag_key, configuration())
    if code != CLAIM_ANSWER:
        raise Wrong(f"a claim answer was promised, and {name(code)} {payload.hex()} came")
    handshake.read(payload)
    session = Session(door.connection, handshake.session_secret("claim-session"))
    await door.connection.new_hello(tag_key)
    await door.connection.send(RECORD, session.seal(bytes([CLAIM_CONFIRM])))
    try:
        await door.connection.silent()
    except Ended:
        pass
    _, hello = await door.untouched()
    if not is_factory_fresh(hello):
        raise Wrong("a claim was kept that another hello had ended")
