"""Cases, and what they share: a connection with a fresh hello, and the two ways in which a door refuses."""

import asyncio
import os
import time
from dataclasses import dataclass
from typing import Callable

from second import Refused, messages

from .. import Ended, Silence, Wrong
from ..authority import Authority
from ..connection import (
    BUSY, FAST_REQUEST, FULL_REQUEST, HELLO, NOT_ACCEPTED, NOT_RECOGNISED, Connection, arrive, is_factory_fresh, name,
)  # fmt: skip
from ..keys import PhoneKeys
from ..unlocking import (
    ACCEPTED, OUTCOMES, UNLOCK, fast_answer, full_answer, full_payload, full_request,
)  # fmt: skip

# What a phone does when the door has no time for handshakes (section 4.6).
BUSY_WAIT = 1.0


@dataclass(frozen=True)
class Case:
    section: str
    what: str
    run: Callable
    # For a door fresh from the factory.
    fresh: bool
    # What the radio must be able to do.
    needs: str | None


CASES = []


def case(section, what, fresh=False, needs=None):
    def keep(run):
        CASES.append(Case(section, what, run, fresh, needs))
        return run

    return keep


class Door:
    """The door that is probed. One connection serves several cases, as long as it has hellos and refusals left."""

    def __init__(self, radio, vault, tag_key):
        self.radio, self.vault, self.tag_key = radio, vault, tag_key
        self.authority = Authority(vault)
        self.connection = None
        self._spare_ticket = None

    async def connected(self):
        """A new connection, not subscribed yet."""
        await self.leave()
        await self.radio.find(self.tag_key)
        self.connection = Connection(await self.radio.connect())
        return self.connection

    async def leave(self):
        if self.connection:
            await self.connection.close()
        self.connection = None

    async def untouched(self):
        """A new connection and its first hello."""
        await self.leave()
        self.connection, hello = await arrive(self.radio, self.tag_key)
        return self.connection, hello

    async def hello(self):
        """A connection and a hello that no case has touched."""
        connection = self.connection
        if connection and connection.hello_requests > 1 and connection.refusals > 2:
            try:
                return connection, await connection.new_hello(self.tag_key)
            except Ended:
                pass
        return await self.untouched()

    async def refused(self, value):
        """The door answers *not accepted* with this value."""
        code, payload = await self.connection.message()
        if (code, payload) != (NOT_ACCEPTED, bytes([value])):
            raise Wrong(f"not accepted {value:02x} was promised, and {name(code)} {payload.hex()} came")

    async def ignored(self):
        """The door says nothing to what was sent, and goes on: what comes next is the hello that is asked for now."""
        await self.connection.ask_for_hello()
        code, payload = await self.connection.message()
        if code != HELLO:
            raise Wrong(f"silence was promised, and {name(code)} {payload.hex()} came")
        await self.connection.silent()

    # Full requests.

    async def request(self, hello, phone, payload):
        """Sends a full request; gives the handshake for its answer."""
        session_key = self.authority.door_keys()[0]
        handshake, request = full_request(hello, phone, session_key, self.tag_key, payload)
        await self.connection.send(FULL_REQUEST, request)
        return handshake

    async def ask(self, phone, payload):
        """The answer to a full request on a hello of its own, or the value of *not accepted*; waits where the door is busy."""
        while True:
            _, hello = await self.hello()
            answer = await full_answer(self.connection, await self.request(hello, phone, payload))
            if answer != BUSY:
                return answer
            await asyncio.sleep(BUSY_WAIT)

    async def decision(self, phone, grant, share=None, kind=UNLOCK, operation=None):
        """The authentic answer to this credential."""
        answer = await self.ask(phone, full_payload(phone, operation or os.urandom(8), grant, share, kind))
        if isinstance(answer, int):
            raise Wrong(f"an authentic answer was promised, and not accepted {answer:02x} came")
        return answer

    async def not_recognised(self, phone, payload):
        """This full request is answered *not accepted 01*."""
        answer = await self.ask(phone, payload)
        if answer != NOT_RECOGNISED:
            came = f"not accepted {answer:02x}" if isinstance(answer, int) else OUTCOMES[answer.outcome]
            raise Wrong(f"not accepted 01 was promised, and {came} came")

    async def not_verified(self, message_of):
        """A full request with a right gate and this message, made for its hello, is answered *not accepted 01*."""
        while True:
            connection, self.newest = await self.hello()
            message = message_of(self.newest)
            await connection.send(FULL_REQUEST, messages.gate(self.tag_key, self.newest, message) + message)
            code, payload = await connection.message()
            if (code, payload) != (NOT_ACCEPTED, bytes([BUSY])):
                break
            await asyncio.sleep(BUSY_WAIT)
        if (code, payload) != (NOT_ACCEPTED, bytes([NOT_RECOGNISED])):
            raise Wrong(f"not accepted 01 was promised, and {name(code)} {payload.hex()} came")

    # Fast requests.

    async def ticket(self):
        """A new phone's first ticket; the door is open."""
        phone, operation = PhoneKeys.new(), os.urandom(8)
        answer = await self.decision(phone, self.authority.grant(phone.id), operation=operation)
        await answer.expect(ACCEPTED).session.bolt_moved(operation)
        return messages.first_ticket(answer.session_secret)

    async def spare_ticket(self):
        """One whose press 1 is new: of an earlier case, since a handshake costs a token."""
        ticket, self._spare_ticket = self._spare_ticket, None
        return ticket or await self.ticket()

    async def fast(self, ticket, hello, press=1):
        """The authentic answer to a right request; the bolt has moved if it is *accepted*."""
        _, request = messages.fast_request(ticket, hello, press, UNLOCK, 1)
        await self.connection.send(FAST_REQUEST, request[1:])
        answer = await fast_answer(self.connection, ticket, hello, request)
        if isinstance(answer, int):
            raise Wrong(f"an authentic answer was promised, and not accepted {answer:02x} came")
        if answer.outcome == ACCEPTED:
            await answer.session.bolt_moved(messages.operation_id(ticket, press))
            self._spare_ticket = messages.next_ticket(ticket)
        return answer

    async def session(self):
        """Behind a fast unlock, on a connection of its own."""
        ticket = await self.spare_ticket()
        _, hello = await self.untouched()
        return (await self.fast(ticket, hello)).expect(ACCEPTED).session


async def probe(radio, vault, secret, only):
    """Runs the cases for the state that the door is in; false if one of them fails, or none was run."""
    door = Door(radio, vault, messages.claim_keys(secret)[1] if secret else vault["tag_key"])
    door.secret = secret
    chosen = [one for one in CASES if one.fresh == bool(secret) and has_one(f"{one.section} {one.what}", only)]
    _, hello = await door.hello()
    if is_factory_fresh(hello) != bool(secret):
        raise Wrong("a factory-fresh door is probed with its secret, a claimed one without")
    failed = 0
    for one in chosen:
        if one.needs and not getattr(radio, one.needs):
            print(f"  -       {one.section:<6} {one.what}: this radio cannot", flush=True)
            continue
        failed += not await holds(door, one, radio.attempts)
    await door.leave()
    print(f"{len(chosen)} cases, {failed} failed")
    return bool(chosen) and not failed


def has_one(text, words):
    return any(word in text for word in words)


async def holds(door, one, attempts):
    """Whether the door does what the case promises. What it does wrong it does wrong each time; what the air does, it does once."""
    for left in reversed(range(attempts)):
        begun = time.monotonic()
        try:
            await one.run(door)
            print(f"  ok      {one.section:<6} {one.what} ({time.monotonic() - begun:.1f} s)", flush=True)
            return True
        except (Wrong, Refused, Silence, Ended) as failure:
            verdict = "again " if left else "FAILED"
            print(f"  {verdict}  {one.section:<6} {one.what}: {type(failure).__name__.lower()}: {failure}", flush=True)
            await door.leave()
    return False
