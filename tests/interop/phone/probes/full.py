"""Sections 5 and 8: full requests that do not verify, and those that are decided against."""

import asyncio
import os
import time

from second.encoding import sized

from .. import Wrong
from ..authority import COURIER, DAY, MAY_SHARE, STAFF, UNLOCK, days_from_now
from ..connection import FULL_REQUEST, NOT_RECOGNISED
from ..keys import PhoneKeys
from ..unlocking import (
    ACCEPTED, ALREADY_DONE, DELIVER, DENIED, EXPIRED, LEASE_ENDED, NOT_YET, OUT_OF_SCHEDULE, OUTCOME_UNKNOWN, READY,
    UPDATE_REQUIRED, full_answer, full_payload, full_request,
)  # fmt: skip
from .probing import case

# How long an operation is *already done* (section 8.2).
KNOWN_FOR = 10


def sent_by(door, /, **changes):
    """A new phone, its grant with these changes, and an operation."""
    phone = PhoneKeys.new()
    return phone, door.authority.grant(phone.id, **changes), os.urandom(8)


@case("5.2", "a full request with a wrong gate: *not accepted 01*, and its hello lives on")
async def wrong_gate(door):
    connection, hello = await door.hello()
    phone, grant, operation = sent_by(door, roles=0)
    payload = full_payload(phone, operation, grant)
    for tag_key in (bytes(16), os.urandom(16)):
        _, request = full_request(hello, phone, door.authority.door_keys()[0], tag_key, payload)
        await connection.send(FULL_REQUEST, request)
        await door.refused(NOT_RECOGNISED)
    handshake = await door.request(hello, phone, payload)
    (await full_answer(connection, handshake)).expect(DENIED)


@case("5.2", "a full request that is shorter than a gate: *not accepted 01*")
async def short(door):
    connection, _ = await door.untouched()
    for length in (0, 1, 3, 4):
        await connection.send(FULL_REQUEST, os.urandom(length))
        await door.refused(NOT_RECOGNISED)


@case("5.1", "a request to another static key of the door: *not accepted 01*")
async def other_door_key(door):
    phone, grant, operation = sent_by(door)
    payload = full_payload(phone, operation, grant)
    other = PhoneKeys.new().session
    await door.not_verified(lambda hello: full_request(hello, phone, other, door.tag_key, payload)[1][4:])


@case("5.3", "a request with a byte changed behind its gate: *not accepted 01*")
async def changed(door):
    phone, grant, operation = sent_by(door)
    payload = full_payload(phone, operation, grant)

    def message_of(hello, place):
        _, request = full_request(hello, phone, door.authority.door_keys()[0], door.tag_key, payload)
        message = bytearray(request[4:])
        message[place] ^= 1
        return bytes(message)

    for place in (0, 40, 90, -1):
        await door.not_verified(lambda hello, place=place: message_of(hello, place))


@case("5.3", "a request that was made for another hello: *not accepted 01*")
async def another_hello(door):
    phone, grant, operation = sent_by(door)
    payload, other = full_payload(phone, operation, grant), os.urandom(20)
    session_key = door.authority.door_keys()[0]
    await door.not_verified(lambda _: full_request(other, phone, session_key, door.tag_key, payload)[1][4:])


@case("5.4", "payloads that do not decode: *not accepted 01*")
async def payloads(door):
    phone, grant, operation = sent_by(door)
    right = full_payload(phone, operation, grant)
    kind_at, attempt_at, grant_at, share_at = 32, 41, 42, len(right) - 1
    for wrong in (
        right[:-1],
        right + b"\x00",
        right[:kind_at] + b"\x02" + right[kind_at + 1 :],
        right[:attempt_at] + b"\x00" + right[attempt_at + 1 :],
        right[:share_at] + b"\x02",
        # The length of the grant, not in its shortest form.
        right[:grant_at] + bytes([right[grant_at], right[grant_at + 1] | 0x80, 0]) + right[grant_at + 2 :],
        right[:grant_at] + sized(grant[:64]) + b"\x00",
        right[:grant_at] + sized(grant + bytes(100)) + b"\x00",
    ):
        await door.not_recognised(phone, wrong)


@case("8.5.2", "a grant that the property did not sign: *not accepted 01*")
async def forged_grant(door):
    phone, grant, operation = sent_by(door, signed_by="root_secret")
    await door.not_recognised(phone, full_payload(phone, operation, grant))


@case("3.4", "a signed grant that breaks a rule of its form: *not accepted 01*")
async def malformed_grant(door):
    monday, tuesday = "01000001", "02000001"
    for changes in (
        {"version": 2},
        {"roles": UNLOCK | 1 << 5},
        {"schedule": [tuesday, monday]},
        {"lease_end": 2**40},
    ):
        phone, grant, operation = sent_by(door, **changes)
        await door.not_recognised(phone, full_payload(phone, operation, grant))


@case("8.5.2", "a grant of a generation that the door does not know is *denied*")
async def generation(door):
    phone, grant, _ = sent_by(door, generation=2)
    (await door.decision(phone, grant)).expect(DENIED)


@case("8.5.3", "a grant of another property, door, door key or phone is *denied*")
async def not_this_door(door):
    for changes in (
        {"property": os.urandom(8).hex()},
        {"door": os.urandom(8).hex()},
        {"door_key": os.urandom(4).hex()},
        {"phone": os.urandom(16).hex()},
    ):
        phone, grant, _ = sent_by(door, **changes)
        (await door.decision(phone, grant)).expect(DENIED)


@case("8.5.5", "a holder whom the door denies is *denied*")
async def denied_holder(door):
    phone, grant, _ = sent_by(door, holder=door.vault["denied_holder"].hex())
    (await door.decision(phone, grant)).expect(DENIED)


@case("8.5.7", "a grant without *unlock* is *denied*, also staff's")
async def without_unlock(door):
    for roles in (0, MAY_SHARE, COURIER, STAFF):
        phone, grant, _ = sent_by(door, roles=roles)
        (await door.decision(phone, grant)).expect(DENIED)


@case("8.5.7", "*not yet*, *expired*, *lease ended*, *out of schedule*")
async def in_time(door):
    now = int(time.time())
    for changes, outcome in (
        ({"not_before": now + DAY, "not_after": now + 2 * DAY}, NOT_YET),
        ({"not_before": now - 2 * DAY, "not_after": now - DAY}, EXPIRED),
        ({"lease_end": now - DAY}, LEASE_ENDED),
        ({"schedule": [days_from_now(3)]}, OUT_OF_SCHEDULE),
    ):
        phone, grant, _ = sent_by(door, **changes)
        (await door.decision(phone, grant)).expect(outcome)


@case("8.5.8", "a grant that wants a newer list: *update required*")
async def newer_list(door):
    phone, grant, _ = sent_by(door, min_list_version=1_001)
    (await door.decision(phone, grant)).expect(UPDATE_REQUIRED)


@case("8.2", "an operation opens once: *already done*, then *outcome unknown*")
async def once(door):
    schedule = sorted(days_from_now(count) for count in (0, 1))
    phone, grant, operation = sent_by(door, schedule=schedule, min_list_version=1_000)
    answer = (await door.decision(phone, grant, operation=operation)).expect(ACCEPTED)
    await answer.session.bolt_moved(operation)
    opened = time.monotonic()
    (await door.decision(phone, grant, operation=operation)).expect(ALREADY_DONE)
    await asyncio.sleep(max(0, opened + KNOWN_FOR + 0.5 - time.monotonic()))
    (await door.decision(phone, grant, operation=operation)).expect(OUTCOME_UNKNOWN)


@case("8.8", "*deliver* is *ready* for *unlock* and *courier*, and *denied* for others")
async def deliver(door):
    for roles, outcome in ((UNLOCK, READY), (COURIER, READY), (STAFF, DENIED)):
        phone, grant, _ = sent_by(door, roles=roles)
        answer = (await door.decision(phone, grant, kind=DELIVER)).expect(outcome)
        if answer.fields["ticket"]:
            raise Wrong("a delivery starts no ticket")
