"""full.json: the full handshake and what follows it."""

from second import Refused, messages, noise, objects, primitives

from .comparing import must_refuse, raw, same
from .records import check_steps_of_records

IK = "Noise_IK_25519_AESGCM_SHA256"


def full_prologue(hello):
    return (messages.LABEL + "prologue").encode("ascii") + hello


def phone_of(vector, hello):
    ephemeral, static, door = raw(vector, "phone_ephemeral_secret", "phone_session_secret", "door_session_key")
    return noise.Handshake(IK, True, full_prologue(hello), ephemeral, static, door)


def check_full_exchange(vector):
    hello, tag_key, request = raw(vector, "hello", "tag_key", "request")
    same(messages.read_hello(hello, tag_key), "named", "hello")
    same(full_prologue(hello), raw(vector, "prologue"), "prologue")
    same(primitives.x25519_public(raw(vector, "phone_session_secret")), raw(vector, "phone_session_key"), "phone key")
    door_static, door_ephemeral = raw(vector, "door_session_secret", "door_ephemeral_secret")
    same(primitives.x25519_public(door_static), raw(vector, "door_session_key"), "door key")
    phone_keys = raw(vector, "phone_session_key", "phone_signing_key")
    same(objects.phone_id(*phone_keys), raw(vector, "phone_id"), "phone_id")

    # The phone asks.
    phone = phone_of(vector, hello)
    share = vector["share"]
    payload = messages.encode_request(phone_keys[1], vector["operation"], raw(vector, "grant"), share)
    same(payload, raw(vector, "payload"), "payload")
    message = phone.write(payload)
    same(message, raw(vector, "message_1"), "message_1")
    same(messages.gate(tag_key, hello, message), raw(vector, "gate"), "gate")
    same(raw(vector, "gate") + message, request, "request")

    # The door reads, decides and answers.
    door = noise.Handshake(IK, False, full_prologue(hello), door_ephemeral, door_static)
    check_steps(vector["noise"], door, "h_after_prologue", "h_after_pre_message")
    received = door.read(messages.check_gate(tag_key, hello, request))
    same(vector["noise"]["h_after_message_1"], door.h.hex(), "h_after_message_1")
    same(vector["noise"]["ck_after_message_1"], door.ck.hex(), "ck_after_message_1")
    same(door.rs, phone_keys[0], "the phone's session key")
    asked = {"phone_signing_key": vector["phone_signing_key"], "operation": vector["operation"]}
    same(messages.read_request(received), asked | {"grant": vector["grant"], "share": share}, "request fields")
    check_chain(vector, phone_keys)
    body = messages.encode_answer(vector["answer"])
    same(body, raw(vector, "answer_body"), "answer_body")
    same(door.write(body), raw(vector, "message_2"), "message_2")

    # The phone reads; both have the same session.
    same(messages.read_answer(phone.read(raw(vector, "message_2"))), vector["answer"], "answer")
    check_steps(vector["noise"], phone, "h", "ck")
    same([key.hex() for key in phone.split()], [vector["noise"][name] for name in ("k1", "k2")], "k1 and k2")
    secret = messages.session_secret("session", phone)
    same(secret, messages.session_secret("session", door), "both sides' session secret")
    same(secret, raw(vector, "session_secret"), "session_secret")
    check_first_ticket(vector, secret)
    check_first_records(vector["records"], secret, vector["operation"]["id"])


def check_steps(steps, handshake, *names):
    for name in names:
        same(bytes.fromhex(steps[name]), getattr(handshake, name), name)


def check_chain(vector, phone_keys):
    """What binds grant and share to the phone that asks (section 8.5, rules 2 and 3)."""
    grant = objects.read_signed("grant", *raw(vector, "property_signing_key", "grant"))
    phone = objects.phone_id(*phone_keys).hex()
    if vector["share"] is None:
        same(grant["phone"], phone, "the grant's phone")
        return
    granter = raw(vector["share"], "granter_session_key", "granter_signing_key")
    same(grant["phone"], objects.phone_id(*granter).hex(), "the granter")
    share = objects.read_signed("share", granter[1], raw(vector["share"], "share"))
    same((share["guest"], share["generation"], share["granter_serial"]), (phone, grant["generation"], grant["serial"]), "the guest")
    assert grant["roles"] & 2, "may share"


def check_first_ticket(vector, secret):
    if vector["answer"]["ticket"]:
        ticket = messages.first_ticket(secret)
        same(ticket, raw(vector, "first_ticket"), "first_ticket")
        same(messages.ticket_id(ticket), raw(vector, "first_ticket_id"), "first_ticket_id")
    else:
        same((vector["first_ticket"], vector["first_ticket_id"]), (None, None), "no ticket")
    if "fallback_from_ticket" in vector:
        identifier = messages.operation_id(raw(vector, "fallback_from_ticket"), vector["fallback_from_press"])
        same(identifier.hex(), vector["operation"]["id"], "operation id")


def check_first_records(records, secret, operation):
    """The door tells what the bolt did."""
    check_steps_of_records(records, messages.record_keys(secret))
    for record in records:
        same(record["plain"], "00" + operation + "00", "moved")


def check_full_request_refused(vector):
    hello, tag_key, door_static, request = raw(vector, "hello", "tag_key", "door_session_secret", "request")
    same(where_refused(vector, hello, tag_key, request, door_static), vector["refused_at"], "refused_at")


def where_refused(vector, hello, tag_key, request, door_static):
    try:
        message = messages.check_gate(tag_key, hello, request)
    except Refused:
        return "gate"
    door = noise.Handshake(IK, False, full_prologue(hello), bytes(32), door_static)
    try:
        payload = door.read(message)
    except Refused:
        return "noise"
    same(payload, raw(vector, "payload"), "payload")
    must_refuse("payload", messages.read_request, payload)
    return "payload"


def check_full_answer_refused(vector):
    phone = phone_of(vector, raw(vector, "hello"))
    phone.write(raw(vector, "request_payload"))
    if "answer_body" in vector:
        body = phone.read(raw(vector, "message_2"))
        same(body, raw(vector, "answer_body"), "answer_body")
        must_refuse("answer", messages.read_answer, body)
    else:
        must_refuse("answer", phone.read, raw(vector, "message_2"))


CHECKS = {
    "full-exchange": check_full_exchange,
    "full-request-refused": check_full_request_refused,
    "full-answer-refused": check_full_answer_refused,
}
