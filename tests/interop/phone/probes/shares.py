"""Sections 3.5 and 3.7: what a guest may not do."""

import os

from ..authority import UNLOCK, days_from_now
from ..keys import PhoneKeys
from ..unlocking import ACCEPTED, DENIED, OUT_OF_SCHEDULE, full_payload
from .probing import case


def people(door, /, **changes):
    """A granter with a grant, and a guest."""
    granter, guest = PhoneKeys.new(), PhoneKeys.new()
    return granter, guest, door.authority.grant(granter.id, **changes)


async def outcome(door, guest, grant, share, *expected):
    (await door.decision(guest, grant, share)).expect(*expected)


@case("3.5", "a guest opens behind the granter's grant")
async def guest_opens(door):
    granter, guest, grant = people(door)
    operation = os.urandom(8)
    answer = await door.decision(guest, grant, door.authority.share(guest.id, granter), operation=operation)
    answer.expect(ACCEPTED)
    await answer.session.bolt_moved(operation)


@case("8.5.3", "a share without *may share* behind it is *denied*")
async def may_not_share(door):
    granter, guest, grant = people(door, roles=UNLOCK)
    await outcome(door, guest, grant, door.authority.share(guest.id, granter), DENIED)


@case("8.5.3", "a share for another guest, grant, generation, door or door key is *denied*")
async def not_this_share(door):
    granter, guest, grant = people(door)
    for changes in (
        {"guest": os.urandom(16).hex()},
        {"granter_serial": 999},
        {"generation": 2},
        {"door": os.urandom(8).hex()},
        {"door_key": os.urandom(4).hex()},
    ):
        share = door.authority.share(guest.id, granter, **changes)
        await outcome(door, guest, grant, share, DENIED)


@case("8.5.3", "a share of a phone that the grant does not name is *denied*")
async def another_granter(door):
    granter, guest, grant = people(door)
    thief = PhoneKeys.new()
    await outcome(door, guest, grant, door.authority.share(guest.id, thief), DENIED)


@case("8.5.2", "a share that its granter did not sign: *not accepted 01*")
async def forged_share(door):
    granter, guest, grant = people(door)
    share = door.authority.share(guest.id, PhoneKeys.new())
    share |= {"granter_session_key": granter.session.hex(), "granter_signing_key": granter.signing.hex()}
    await door.not_recognised(guest, full_payload(guest, os.urandom(8), grant, share))


@case("8.5.5", "a share that the door denies is *denied*")
async def denied_share(door):
    granter, guest, grant = people(door)
    share = door.authority.share(guest.id, granter, share_id=door.vault["denied_share"].hex())
    await outcome(door, guest, grant, share, DENIED)


@case("8.5.7", "a share's own schedule counts too")
async def share_schedule(door):
    granter, guest, grant = people(door)
    share = door.authority.share(guest.id, granter, schedule=[days_from_now(3)])
    await outcome(door, guest, grant, share, OUT_OF_SCHEDULE)
