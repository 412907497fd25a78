"""Sections 4.5 to 4.7: hellos that are void, spent or dead, and connections that are ended."""

import os

from .. import Ended, Silence, Wrong
from ..connection import (
    FAST_REQUEST, FULL_REQUEST, HELLO_REQUEST, HELLO_REQUESTS, NOT_ACCEPTED, NOT_RECOGNISED, REFUSALS, STALE,
    Connection, name,
)  # fmt: skip
from ..keys import PhoneKeys
from ..unlocking import ACCEPTED, DENIED, full_payload
from .probing import case

# Section 4.7, with what a slow door and a slow radio add.
DEAD_AFTER, UNSUBSCRIBED = 3.0, 10.0
SLACK = 2.0


@case("4.5", "each hello has a nonce of its own")
async def nonces(door):
    connection, first = await door.untouched()
    hellos = {first, *[await connection.new_hello(door.tag_key) for _ in range(HELLO_REQUESTS)]}
    if len(hellos) != 1 + HELLO_REQUESTS:
        raise Wrong("a nonce came twice")


@case("4.5", "the fifth hello request of a connection is ignored")
async def fifth(door):
    ticket = await door.spare_ticket()
    connection, _ = await door.untouched()
    for _ in range(HELLO_REQUESTS):
        hello = await connection.new_hello(door.tag_key)
    await connection.ask_for_hello()
    await connection.silent()
    # The fourth is as good as before.
    (await door.fast(ticket, hello)).expect(ACCEPTED)
    await door.leave()


@case("4.5", "hello requests before the subscription are ignored and not counted")
async def before_subscription(door):
    connection = await door.connected()
    for _ in range(2):
        await connection.send(HELLO_REQUEST, b"")
    await connection.silent()
    await connection.subscribed(door.tag_key)
    # What the phone itself needed of its four is counted.
    for _ in range(connection.hello_requests):
        await connection.new_hello(door.tag_key)


@case("4.5", "a new hello voids the old one: *not accepted 01*")
async def void(door):
    connection, old = await door.hello()
    await connection.new_hello(door.tag_key)
    phone = PhoneKeys.new()
    await door.request(old, phone, full_payload(phone, os.urandom(8), door.authority.grant(phone.id)))
    await door.refused(NOT_RECOGNISED)


@case("4.5", "a hello is spent by the first request that authenticates: *not accepted 03*")
async def spent(door):
    phone = PhoneKeys.new()
    denied = door.authority.grant(phone.id, roles=0)
    (await door.decision(phone, denied)).expect(DENIED)
    await door.connection.send(FULL_REQUEST, os.urandom(100))
    await door.refused(STALE)
    await door.connection.send(FAST_REQUEST, os.urandom(19))
    await door.refused(STALE)


@case("4.5", "a hello dies, and its connection ends, 3 s after it was pushed")
async def dead(door):
    connection, _ = await door.hello()
    try:
        await connection.message(DEAD_AFTER - 1)
    except Silence:
        return await connection.is_ended(1 + SLACK)
    raise Wrong("the door said something")


@case("4.7", "a connection without a subscription is ended after 10 s")
async def unsubscribed(door):
    connection = await door.connected()
    try:
        await connection.message(UNSUBSCRIBED - 2)
    except Silence:
        return await connection.is_ended(2 + SLACK)
    raise Wrong("the door said something")


@case("4.7", "the eighth refusal ends the connection")
async def eighth(door):
    connection, _ = await door.untouched()
    answers = 0
    try:
        for _ in range(REFUSALS):
            await connection.send(FAST_REQUEST, os.urandom(19))
            code, payload = await connection.message()
            if (code, payload) != (NOT_ACCEPTED, bytes([NOT_RECOGNISED])):
                raise Wrong(f"{name(code)} {payload.hex()} came")
            answers += 1
        await connection.is_ended(SLACK)
    except Ended:
        pass
    if answers not in (REFUSALS - 1, REFUSALS):
        raise Wrong(f"the connection ended after {answers} refusals")


@case("4.7", "the oldest unauthenticated connection gives way, never the new one", needs="carries_many")
async def slots(door):
    await door.leave()
    open_ones = []
    for number in range(1, 17):
        new = Connection(await door.radio.connect())
        await new.subscribed(door.tag_key)
        open_ones.append(new)
        ended = []
        for one in open_ones:
            try:
                await one.silent(0.05)
            except Ended:
                ended.append(one)
        if ended:
            break
    for one in open_ones:
        await one.close()
    if ended != open_ones[:1] or number < 4:
        raise Wrong(f"at connection {number} the door ended {[open_ones.index(one) + 1 for one in ended]}")


@case("4.7", "a second full request on one hello, though right: *not accepted 01*")
async def second_request(door):
    await door.not_verified(lambda _: os.urandom(96))
    phone = PhoneKeys.new()
    await door.request(door.newest, phone, full_payload(phone, os.urandom(8), door.authority.grant(phone.id)))
    await door.refused(NOT_RECOGNISED)
