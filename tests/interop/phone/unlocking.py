"""Sections 5, 6 and 8: a full unlock, and a fast one with its ticket."""

import os
from dataclasses import dataclass

from second import messages, objects
from second.primitives import ed25519_public

from . import Ended, Silence, Wrong
from .authority import RELOCK_SECONDS
from .connection import (
    FAST_ANSWER, FAST_REQUEST, FULL_ANSWER, FULL_REQUEST, NOT_ACCEPTED, arrive, is_factory_fresh, name,
)  # fmt: skip
from .noise_handshake import Handshake
from .session import Session

OUTCOMES = (
    "accepted", "already done", "outcome unknown", "denied", "not yet", "expired", "lease ended", "out of schedule",
    "update required", "unknown time", "busy", "door fault", "ready",
)  # fmt: skip
ACCEPTED, ALREADY_DONE, OUTCOME_UNKNOWN, DENIED, NOT_YET, EXPIRED, LEASE_ENDED, OUT_OF_SCHEDULE = range(8)
UPDATE_REQUIRED, UNKNOWN_TIME, BUSY_ACTUATOR, DOOR_FAULT, READY = range(8, 13)
UNLOCK, DELIVER = 0, 1


@dataclass
class Answer:
    """An authentic answer: the fields of section 5.5, and the session behind it."""

    fields: dict
    session: Session
    session_secret: bytes

    @property
    def outcome(self):
        return self.fields["outcome"]

    def expect(self, *outcomes):
        if self.outcome not in outcomes:
            wanted = " or ".join(OUTCOMES[outcome] for outcome in outcomes)
            raise Wrong(f"{wanted} was promised, and {OUTCOMES[self.outcome]} came")
        return self


def full_request(hello, phone, door_session_key, tag_key, payload):
    """The handshake, and the payload of the message (section 5.2)."""
    handshake = Handshake.full(hello, phone.session_secret, door_session_key)
    message = handshake.write(payload)
    return handshake, messages.gate(tag_key, hello, message) + message


def full_payload(phone, operation, grant, share=None, kind=UNLOCK, attempt=1):
    """Section 5.4."""
    fields = {"kind": kind, "id": operation.hex(), "attempt": attempt}
    return messages.encode_request(phone.signing, fields, grant, share)


async def full_answer(connection, handshake):
    """The answer, or the value of *not accepted*."""
    code, payload = await connection.message()
    if code == NOT_ACCEPTED:
        return payload[0]
    if code != FULL_ANSWER:
        raise Wrong(f"a full answer was awaited, and {name(code)} {payload.hex()} came")
    fields = messages.read_answer(handshake.read(payload))
    secret = handshake.session_secret("session")
    return Answer(fields, Session(connection, secret), secret)


async def fast_answer(connection, ticket, hello, request):
    """The answer, or the value of *not accepted*."""
    code, payload = await connection.message()
    if code == NOT_ACCEPTED:
        return payload[0]
    if code != FAST_ANSWER:
        raise Wrong(f"a fast answer was awaited, and {name(code)} {payload.hex()} came")
    frame = bytes([0xC0 | FAST_ANSWER]) + payload
    fields = messages.read_answer(messages.read_fast_answer(ticket, hello, request, frame))
    secret = messages.fast_session_secret(ticket, hello, request, frame)
    return Answer(fields, Session(connection, secret), secret)


async def visit(radio, vault):
    """A connection to the claimed door, and its hello."""
    connection, hello = await arrive(radio, vault["tag_key"])
    if is_factory_fresh(hello):
        raise Wrong("a claimed door says that it is factory-fresh")
    return connection, hello


def opened(answer, attempt):
    """What both paths promise of an opened door; a later try may find that an earlier one opened it (section 8.2)."""
    if isinstance(answer, int):
        raise Wrong(f"an answer was awaited, and not accepted {answer:02x} came")
    answer.expect(*((ACCEPTED,) if attempt == 1 else (ACCEPTED, ALREADY_DONE)))
    if answer.outcome == ACCEPTED and answer.fields["detail"] != RELOCK_SECONDS:
        raise Wrong(f"the door relocks after {answer.fields['detail']} s in place of {RELOCK_SECONDS}")
    if not answer.fields["ticket"]:
        raise Wrong("an opened door starts or advances a ticket")
    return answer


async def unlock_full(radio, vault):
    """Leaves a first ticket in the vault."""
    operation = os.urandom(8)
    await tried(radio, lambda attempt: try_full(radio, vault, operation, attempt))


async def unlock_fast(radio, vault):
    """Moves the vault to the next ticket."""
    press = vault.reserve_press()
    await tried(radio, lambda _: try_fast(radio, vault, press))


async def tried(radio, one_try):
    """One intent is one operation, however many tries it takes (section 8.1)."""
    for attempt in range(1, radio.attempts + 1):
        try:
            return await one_try(attempt)
        except (Ended, Silence):
            if attempt == radio.attempts:
                raise


async def try_full(radio, vault, operation, attempt):
    phone = vault.phone()
    connection, hello = await visit(radio, vault)
    certificate = objects.read_signed("certificate", ed25519_public(vault["signing_secret"]), vault["certificate"])
    payload = full_payload(phone, operation, vault["grant"], attempt=attempt)
    session_key = bytes.fromhex(certificate["session_key"])
    handshake, request = full_request(hello, phone, session_key, vault["tag_key"], payload)
    await connection.send(FULL_REQUEST, request)
    answer = opened(await full_answer(connection, handshake), attempt)
    vault.keep_ticket(messages.first_ticket(answer.session_secret))
    if answer.outcome == ACCEPTED:
        await answer.session.bolt_moved(operation)
    await connection.close()


async def try_fast(radio, vault, press):
    ticket, attempt = vault["ticket"], vault.reserve_attempt()
    connection, hello = await visit(radio, vault)
    _, request = messages.fast_request(ticket, hello, press, UNLOCK, attempt)
    await connection.send(FAST_REQUEST, request[1:])
    answer = opened(await fast_answer(connection, ticket, hello, request), attempt)
    if answer.outcome == ACCEPTED:
        await answer.session.bolt_moved(messages.operation_id(ticket, press))
    vault.keep_ticket(messages.next_ticket(ticket))
    await connection.close()
