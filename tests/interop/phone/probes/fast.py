"""Section 6: fast requests that are refused, and what a refusal leaves as it was."""

import os

from second import messages

from ..connection import FAST_REQUEST, NOT_RECOGNISED
from ..unlocking import ACCEPTED, ALREADY_DONE, UNLOCK, next_ticket
from .probing import case


def request(ticket, hello, press=1, attempt=1, kind=UNLOCK):
    """The payload of the message, which the frame's header is not part of."""
    return messages.fast_request(ticket, hello, press, kind, attempt)[1][1:]


async def refused(door, payload):
    await door.connection.send(FAST_REQUEST, payload)
    await door.refused(NOT_RECOGNISED)


async def opens(door, ticket, hello, press, outcome=ACCEPTED):
    (await door.fast(ticket, hello, press)).expect(outcome)


@case("6.3", "an unknown ticket, a wrong tag: *not accepted 01*, and nothing has changed")
async def wrong_tag(door):
    ticket = await door.spare_ticket()
    _, hello = await door.untouched()
    right = request(ticket, hello)
    await refused(door, os.urandom(19))
    await refused(door, right[:-1] + bytes([right[-1] ^ 1]))
    await refused(door, right[:3] + os.urandom(16))
    await refused(door, request(next_ticket(ticket), hello))
    await opens(door, ticket, hello, 1)


@case("6.3", "a request that was made for another hello: *not accepted 01*")
async def replayed(door):
    ticket = await door.spare_ticket()
    _, hello = await door.hello()
    first = request(ticket, hello)
    await opens(door, ticket, hello, 1)
    _, hello = await door.hello()
    await refused(door, first)


@case("6.3", "press 0, attempt 0, an unknown kind, a shorter one: *not accepted 01*, whatever the tag")
async def fields(door):
    ticket = await door.spare_ticket()
    _, hello = await door.untouched()
    await refused(door, request(ticket, hello, press=0))
    await refused(door, request(ticket, hello, attempt=0))
    await refused(door, request(ticket, hello, kind=2))
    await refused(door, request(ticket, hello, kind=7))
    await refused(door, request(ticket, hello)[:-1])
    await refused(door, b"")
    await opens(door, ticket, hello, 1)


@case("4.3", "a fast request longer than 19 bytes is dropped")
async def too_long(door):
    ticket = await door.spare_ticket()
    _, hello = await door.untouched()
    await door.connection.send(FAST_REQUEST, request(ticket, hello) + b"\x00")
    await door.ignored()


@case("8.2", "a press that was seen is *already done*; a lower one: *not accepted 01*")
async def presses(door):
    ticket = await door.spare_ticket()
    _, hello = await door.hello()
    await opens(door, ticket, hello, 2)
    _, hello = await door.hello()
    await opens(door, ticket, hello, 2, ALREADY_DONE)
    _, hello = await door.hello()
    await refused(door, request(ticket, hello, press=1))


@case("6.1", "a ticket is forgotten when its successor was used: *not accepted 01*")
async def old_ticket(door):
    ticket = await door.spare_ticket()
    for used in (ticket, next_ticket(ticket)):
        _, hello = await door.hello()
        await opens(door, used, hello, 1)
    _, hello = await door.hello()
    await refused(door, request(ticket, hello, press=2))
