"""Section 6: fast requests that are refused, and what a refusal leaves as it was."""

import os

from second import messages

from .. import Wrong
from ..connection import FAST_REQUEST, NOT_RECOGNISED, arrive
from ..unlocking import ACCEPTED, ALREADY_DONE, BUSY_ACTUATOR, UNLOCK, fast_answer
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
    await refused(door, request(messages.next_ticket(ticket), hello))
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
    for used in (ticket, messages.next_ticket(ticket)):
        _, hello = await door.hello()
        await opens(door, used, hello, 1)
    _, hello = await door.hello()
    await refused(door, request(ticket, hello, press=2))


@case("8.5.9", "an operation while the motor runs is *busy*", needs="carries_many")
async def motor_runs(door):
    tickets = [await door.ticket(), await door.ticket()]
    await door.leave()
    visits = [await arrive(door.radio, door.tag_key) for _ in tickets]
    requests = [messages.fast_request(ticket, hello, 1, UNLOCK, 1)[1] for ticket, (_, hello) in zip(tickets, visits)]
    # One right behind the other, whoever is slow.
    for (connection, _), whole in zip(visits, requests):
        await connection.send(FAST_REQUEST, whole[1:])
    for (connection, hello), ticket, whole, outcome in zip(visits, tickets, requests, (ACCEPTED, BUSY_ACTUATOR)):
        answer = await fast_answer(connection, ticket, hello, whole)
        if isinstance(answer, int):
            raise Wrong(f"an authentic answer was promised, and not accepted {answer:02x} came")
        if answer.expect(outcome).outcome == ACCEPTED:
            await answer.session.bolt_moved(messages.operation_id(ticket, 1))
        await connection.close()
