#!/usr/bin/env python3
"""Checks every vector in this folder with a second implementation, written from docs/spec alone.

    python3 -m pip install -r tests/vectors/requirements.txt
    python3 tests/vectors/check.py

Then changes each field of each vector that should be accepted, one at a time, and expects the check to notice: a field
that nothing depends on would prove nothing.
"""

import copy
import hmac
import json
import pathlib
import sys

from second import Refused, cards, civil_time, codes, delivery, encoding, frames, messages, noise, objects, primitives, updates

FOLDER = pathlib.Path(__file__).parent
LABEL = messages.LABEL
# Fields for the reader of a vector.
PROSE = {"name", "section", "kind", "reason", "then", "case", "utc", "origin"}


def same(left, right, what):
    if left != right:
        raise AssertionError(f"{what}: {show(left)} is not {show(right)}")


def show(value):
    text = value.hex() if isinstance(value, bytes) else str(value)
    return text if len(text) <= 200 else text[:200] + "…"


def raw(vector, *names):
    values = [bytes.fromhex(vector[name]) for name in names]
    return values[0] if len(values) == 1 else values


def must_refuse(what, action, *arguments):
    try:
        action(*arguments)
    except Refused:
        return
    raise AssertionError(f"{what} was accepted")


# derivations.json


def check_encoding(vector):
    data = raw(vector, "bytes")
    if vector["value"] is None:
        must_refuse("encoding", encoding.number, vector["type"], data)
        return
    same(encoding.number(vector["type"], data), vector["value"], "value")
    encode = encoding.zigzag if vector["type"] == "i32" else encoding.varint
    same(encode(vector["value"]), data, "bytes")


def check_x25519(vector):
    secret, public = raw(vector, "secret", "public")
    if vector["shared"] is None:
        must_refuse("X25519", primitives.x25519, secret, public)
        return
    same(primitives.x25519(secret, public), raw(vector, "shared"), "shared")


def check_signature(vector):
    secret, public, message, signature = raw(vector, "secret", "public", "message", "signature")
    same(primitives.ed25519_public(secret), public, "public")
    same(primitives.labelled(vector["label"], message), raw(vector, "signed"), "signed")
    same(primitives.sign(secret, vector["label"], message), signature, "signature")
    primitives.verify(public, vector["label"], message, signature)


def check_seal(vector):
    key, nonce, associated, message, sealed = raw(vector, "key", "nonce", "associated", "message", "sealed")
    same(primitives.seal(key, nonce, associated, message), sealed, "sealed")
    same(primitives.open_(key, nonce, associated, sealed), message, "message")


def check_hash(vector):
    message, output, result = raw(vector, "message", "output", "result")
    same(primitives.labelled(vector["label"], message), raw(vector, "input"), "input")
    same(primitives.hash_(vector["label"], message), output, "output")
    same(output[: len(result)], result, "result")


def check_kdf(vector):
    key, message, output, result = raw(vector, "key", "message", "output", "result")
    same(primitives.labelled(vector["label"], message), raw(vector, "input"), "input")
    same(primitives.kdf(key, vector["label"], message), output, "output")
    same(output[: len(result)], result, "result")


# objects.json


def check_signed(vector):
    kind, key, signed = vector["kind"], raw(vector, "signing_key"), raw(vector, "signed")
    if not vector["accepted"]:
        must_refuse(kind, objects.read_signed, kind, key, signed)
        return
    same(vector["label"], objects.LABELS[kind], "label")
    secret, body, signature = raw(vector, "signing_secret", "body", "signature")
    same(primitives.ed25519_public(secret), key, "signing_key")
    same(objects.make_signed(kind, secret, vector["fields"]), (body, signature), "body and signature")
    same(body + signature, signed, "signed")
    same(objects.read_signed(kind, key, signed), vector["fields"], "fields")
    if kind == "certificate":
        keys = raw(vector["fields"], "session_key", "sealing_key", "receipt_key")
        same(objects.door_key_id(*keys), raw(vector, "door_key_id"), "door_key_id")


def check_credential(vector):
    data = raw(vector, "encoded")
    if not vector["accepted"]:
        must_refuse("credential", objects.read_credential, data)
        return
    same(objects.encode_credential(vector), data, "encoded")
    fields = {name: vector[name] for name in ("certificate", "tag_key", "grant", "share")}
    same(objects.read_credential(data), fields, "fields")


# hello.json and advertisement.json


def check_hello(vector):
    key, random, nonce, tag_key, hello = raw(vector, "nonce_key", "random", "nonce", "tag_key", "hello")
    message = vector["leap_counter"].to_bytes(8, "big") + random
    same(primitives.kdf(key, LABEL + "hello-nonce", message, 12), nonce, "nonce")
    same(messages.make_hello(vector["factory_fresh"], nonce, tag_key), hello, "hello")
    same(hello[16:], raw(vector, "name_bytes"), "name_bytes")
    same(messages.read_hello(hello, tag_key), "named", "reading")


def check_hello_read(vector):
    hello, tag_key = raw(vector, "hello", "tag_key")
    same(messages.read_hello(hello, tag_key), vector["reading"], "reading")


def check_advertisement(vector):
    tag_key, salt, plain, data = raw(vector, "tag_key", "salt", "plain_hint", "service_data")
    flags = sum(vector[name] << bit for bit, name in enumerate(("clock_unsure", "logs_waiting", "battery_low")))
    same((vector["list_version"] % 2**16).to_bytes(2, "big") + bytes([flags]), plain, "plain_hint")
    same(messages.advertisement(tag_key, salt, plain), data, "service_data")
    same(data[5:10], raw(vector, "tag"), "tag")
    same(primitives.xor(data[10:], plain), raw(vector, "hint_mask"), "hint_mask")
    same(messages.resolve(tag_key, data), plain, "resolved hint")


def check_advertisement_unresolved(vector):
    must_refuse("advertisement", messages.resolve, *raw(vector, "tag_key", "service_data"))


# full.json

IK = "Noise_IK_25519_AESGCM_SHA256"


def full_prologue(hello):
    return (LABEL + "prologue").encode("ascii") + hello


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
        ticket = primitives.kdf(secret, LABEL + "ticket-first", b"")
        same(ticket, raw(vector, "first_ticket"), "first_ticket")
        same(primitives.kdf(ticket, LABEL + "ticket-id", b"", 3), raw(vector, "first_ticket_id"), "first_ticket_id")
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


# fast.json


def check_fast_exchange(vector):
    hello, ticket, request, answer = raw(vector, "hello", "ticket", "request", "answer")
    press, attempt, kind = vector["press"], vector["attempt"], vector["kind_of_operation"]
    made = messages.fast_request(ticket, hello, press, kind, attempt)
    same(list(made), raw(vector, "request_tag", "request"), "request")
    same(request[1:4], raw(vector, "ticket_id"), "ticket_id")
    same(messages.check_fast_request(ticket, hello, request), (press, kind, attempt), "request as read")
    same(messages.operation_id(ticket, press), raw(vector, "operation_id"), "operation_id")
    body = messages.encode_answer(vector["answer_fields"])
    same(body, raw(vector, "answer_body"), "answer_body")
    same(messages.fast_mask(ticket, hello, request), raw(vector, "answer_mask"), "answer_mask")
    made = messages.fast_answer(ticket, hello, request, body)
    same(list(made), raw(vector, "answer_tag", "answer"), "answer")
    read = messages.read_answer(messages.read_fast_answer(ticket, hello, request, answer))
    same(read, vector["answer_fields"], "answer as read")
    secret = messages.fast_session_secret(ticket, hello, request, answer)
    same(secret, raw(vector, "session_secret"), "session_secret")
    following = primitives.kdf(ticket, LABEL + "ticket-next", b"").hex() if read["ticket"] else None
    same(following, vector["next_ticket"], "next_ticket")
    check_first_records(vector["records"], secret, vector["operation_id"])


def check_fast_not_accepted(vector):
    hello, ticket, request = raw(vector, "hello", "ticket", "request")
    press, attempt = vector["press"], vector["attempt"]
    same(messages.check_fast_request(ticket, hello, request), (press, 0, attempt), "request")
    same(messages.operation_id(ticket, press), raw(vector, "operation_id"), "operation_id")
    same(frames.fragment(0x0A, b"\x01", [23]), [raw(vector, "answer")], "not accepted")


def check_fast_request_refused(vector):
    hello, ticket, request = raw(vector, "hello", "ticket", "request")
    must_refuse("request", messages.check_fast_request, ticket, hello, request)


def check_fast_answer_refused(vector):
    hello, ticket, request, answer = raw(vector, "hello", "ticket", "request", "answer")
    messages.check_fast_request(ticket, hello, request)

    def read():
        messages.read_answer(messages.read_fast_answer(ticket, hello, request, answer))

    must_refuse("answer", read)


# records.json


def check_records(vector):
    keys = messages.record_keys(raw(vector, "session_secret"))
    same([keys["door"], keys["phone"]], raw(vector, "key_to_door", "key_to_phone"), "keys")
    check_steps_of_records(vector["steps"], keys)
    for refusal in vector.get("refused_next", ()):
        receivers = check_steps_of_records(vector["steps"], keys)
        receiver = receivers[refusal["to"]]
        must_refuse(refusal["reason"], receiver.open, raw(refusal, "payload"))
        later = raw(vector, "refused_after_that")
        messages.RecordReceiver(keys["phone"]).open(later)
        must_refuse("a record after the end of the session", receiver.open, later)


def check_steps_of_records(steps, keys):
    receivers = {to: messages.RecordReceiver(key) for to, key in keys.items()}
    for step in steps:
        plain, payload = raw(step, "plain", "payload")
        same(messages.seal_record(keys[step["to"]], step["counter"], plain), payload, "payload")
        same(receivers[step["to"]].open(payload), (step["counter"], plain), "record")
    return receivers


# claim.json

NN = "Noise_NNpsk0_25519_AESGCM_SHA256"


def claim_side(initiator, hello, ephemeral, psk):
    prologue = (LABEL + "claim-prologue").encode("ascii") + hello
    return noise.Handshake(NN, initiator, prologue, ephemeral, psk=psk)


def check_claim_exchange(vector):
    secret, hello, request = raw(vector, "claim_secret", "hello", "request")
    psk, tag_key = claim_keys(secret)
    same([psk, tag_key], raw(vector, "psk", "claim_tag_key"), "psk and claim_tag_key")
    same(messages.read_hello(hello, tag_key), "named", "hello")
    same(hello[3], 1, "factory-fresh")
    same((LABEL + "claim-prologue").encode("ascii") + hello, raw(vector, "prologue"), "prologue")

    claimer = claim_side(True, hello, raw(vector, "claimer_ephemeral_secret"), psk)
    same(vector["configuration"]["version"], 1, "version")
    payload = messages.encode_configuration(vector["configuration"])
    same(payload, raw(vector, "payload"), "payload")
    message = claimer.write(payload)
    same(message, raw(vector, "message_1"), "message_1")
    same(messages.gate(tag_key, hello, message), raw(vector, "gate"), "gate")
    same(raw(vector, "gate") + message, request, "request")
    assert len(request) <= 704, "longest message before authentication"

    door = claim_side(False, hello, raw(vector, "door_ephemeral_secret"), psk)
    check_steps(vector["noise"], door, "h_after_prologue")
    received = door.read(messages.check_gate(tag_key, hello, request))
    same(vector["noise"]["h_after_message_1"], door.h.hex(), "h_after_message_1")
    same(vector["noise"]["ck_after_message_1"], door.ck.hex(), "ck_after_message_1")
    same(messages.read_configuration(received), vector["configuration"], "configuration")
    keys = raw(vector, "door_session_key", "door_sealing_key", "door_receipt_key")
    same(b"".join(keys), raw(vector, "answer_payload"), "answer_payload")
    same(objects.door_key_id(*keys), raw(vector, "door_key_id"), "door_key_id")
    same(door.write(b"".join(keys)), raw(vector, "message_2"), "message_2")

    same(claimer.read(raw(vector, "message_2")), b"".join(keys), "door keys")
    check_steps(vector["noise"], claimer, "h", "ck")
    same([key.hex() for key in claimer.split()], [vector["noise"][name] for name in ("k1", "k2")], "k1 and k2")
    session = messages.session_secret("claim-session", claimer)
    same(session, messages.session_secret("claim-session", door), "both sides' session secret")
    same(session, raw(vector, "session_secret"), "session_secret")
    keys = messages.record_keys(session)
    same(messages.seal_record(keys["door"], 0, b"\x01"), raw(vector, "claim_confirm_record"), "claim confirm")
    same(messages.seal_record(keys["phone"], 0, b"\x02"), raw(vector, "claimed_record"), "claimed")


def claim_keys(secret):
    psk = primitives.kdf(secret, LABEL + "claim-psk", b"")
    return psk, primitives.kdf(secret, LABEL + "claim-tag-key", b"", 16)


def check_claim_request_refused(vector):
    secret, hello, request = raw(vector, "claim_secret", "hello", "request")
    same(where_claim_refused(vector, secret, hello, request), vector["refused_at"], "refused_at")


def where_claim_refused(vector, secret, hello, request):
    psk, tag_key = claim_keys(secret)
    try:
        message = messages.check_gate(tag_key, hello, request)
    except Refused:
        return "gate"
    try:
        payload = claim_side(False, hello, bytes(32), psk).read(message)
    except Refused:
        return "noise"
    same(payload, raw(vector, "payload"), "payload")
    must_refuse("configuration", messages.read_configuration, payload)
    return "payload"


# noise.json: the published vectors of the pattern that needs no extension


def check_published(vector):
    remote = primitives.x25519_public(raw(vector, "resp_static"))
    same(raw(vector, "init_remote_static"), remote, "init_remote_static")
    name = vector["protocol_name"]
    sides = [
        noise.Handshake(name, True, *raw(vector, "init_prologue", "init_ephemeral", "init_static"), remote),
        noise.Handshake(name, False, *raw(vector, "resp_prologue", "resp_ephemeral", "resp_static")),
    ]
    for index, message in enumerate(vector["messages"]):
        payload, ciphertext = raw(message, "payload", "ciphertext")
        if index < 2:
            same(sides[index].write(payload), ciphertext, "handshake message")
            same(sides[1 - index].read(ciphertext), payload, "payload")
        else:
            key, nonce = sides[0].split()[index % 2], bytes(8) + (index // 2 - 1).to_bytes(4, "big")
            same(primitives.seal(key, nonce, b"", payload), ciphertext, "transport message")
    if "handshake_hash" in vector:
        same(sides[1].h, raw(vector, "handshake_hash"), "handshake_hash")


# frame.json and schedule.json


def check_fragment(vector):
    made = frames.fragment(raw(vector, "type")[0], raw(vector, "payload"), vector["mtus"])
    same([frame.hex() for frame in made], vector["frames"], "frames")


def check_reassemble(vector):
    reassembler = frames.Reassembler({int(code, 16): limit for code, limit in vector["limits"].items()})
    completed = []
    for index, frame in enumerate(vector["frames"]):
        message = reassembler.receive(bytes.fromhex(frame))
        if message:
            completed.append({"after": index, "type": f"{message[0]:02x}", "payload": message[1].hex()})
    same(completed, vector["messages"], "messages")


DAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


def check_window(vector):
    data = raw(vector, "bytes")
    if not vector["valid"]:
        must_refuse("window", objects.decode_window, data)
        return
    days, start, end = objects.decode_window(data)
    same([day for bit, day in enumerate(DAYS) if days >> bit & 1], vector["days"], "days")
    same((start, end), (vector["start"], vector["end"]), "start and end")


def read_all(read, data):
    reader = encoding.Reader(data)
    value = read(reader)
    reader.end()
    return value


def check_schedule(vector):
    if vector["valid"]:
        same(read_all(objects.schedule, raw(vector, "bytes")), vector["windows"], "windows")
    else:
        must_refuse("schedule", read_all, objects.schedule, raw(vector, "bytes"))


def check_zone_table(vector):
    if not vector["valid"]:
        must_refuse("zone", read_all, messages.read_zone, raw(vector, "bytes"))
        return
    transitions = [{"at": at, "offset": offset} for at, offset in vector["transitions"]]
    zone = {"initial": vector["initial"], "transitions": transitions}
    same(read_all(messages.read_zone, raw(vector, "bytes")), zone, "zone")


def check_local(vector):
    weekday, minute = civil_time.local(vector["table"], vector["instant"])
    same((DAYS[weekday], minute), (vector["weekday"], vector["minute"]), "local time")


def check_open(vector):
    windows = [bytes.fromhex(window) for window in read_all(objects.schedule, raw(vector, "schedule"))]
    for moment in vector["at"]:
        same(civil_time.is_open(windows, vector["table"], moment["instant"]), moment["open"], moment["utc"])


# base.json, ddc.json and lockout.json


def check_cmac(vector):
    key, message, mac = raw(vector, "key", "message", "mac")
    same(cards.cmac(key, message), mac, "mac")


def check_hotp(vector):
    name = vector["hash"].replace("-", "").lower()
    mac = hmac.digest(raw(vector, "secret"), vector["counter"].to_bytes(8, "big"), name)
    offset = mac[-1] % 16
    value = int.from_bytes(mac[offset : offset + 4], "big") % 2**31
    same(f"{value % 10 ** vector['digits']:0{vector['digits']}}", vector["code"], "code")


def check_totp(vector):
    same(vector["time"] // 30, vector["counter"], "counter")
    check_hotp(vector)


def check_weak_code(vector):
    same(codes.weak(vector["code"]), vector["weak"], "weak")


def check_local_day(vector):
    transitions = [{"at": at, "offset": offset} for at, offset in vector["transitions"]]
    zone = {"initial": vector["initial"], "transitions": transitions}
    same(codes.local_day(zone, vector["instant"]), vector["day"], "day")


def check_daily_key(vector):
    field = codes.door_field(raw(vector, "door"))
    same(field, raw(vector, "door_field"), "door_field")
    made = codes.door_key(raw(vector, "master"), field, vector["key_generation"])
    same(list(made), raw(vector, "salt", "key"), "salt and key")


def check_daily_code(vector):
    named = [vector[name] for name in ("day", "code_kind", "slot", "epoch")]
    retry, message, code = codes.daily_code(*raw(vector, "key", "door_field"), *named)
    same((retry, message, code), (vector["retry"], raw(vector, "message"), vector["code"]), "code")


def check_lockout(vector):
    same(codes.POLICIES[vector["door"]], (vector["most"], vector["interval"]), "policy")
    bucket = codes.Bucket(vector["most"], vector["interval"])
    for step in vector["steps"]:
        refused = False
        if step["action"] == "restore":
            bucket = bucket.restored(step["at"])
        try:
            {"take": bucket.take, "give back": bucket.give_back}.get(step["action"], bucket.refill)(step["at"])
        except Refused:
            refused = True
        expected = step["refused"], step["tokens"], step["progress"]
        same((refused, bucket.tokens, bucket.progress), expected, f"at {step['at']}")


# an10922.json, ev2.json, commmode.json and sun.json


def check_an10922(vector):
    master, data, key = raw(vector, "master", "input", "key")
    same(cards.an10922(master, data), key, "key")
    if "cmac" in vector:
        same(cards.cmac(master, b"\x01" + data), raw(vector, "cmac"), "cmac")


def check_card_key(vector):
    token, application = raw(vector, "token", "application")
    same(cards.CLASSES[vector["class"]], application, "application")
    data = token + application + bytes([vector["class"], vector["key_number"]]) + b"Thumbturn"
    same(data, raw(vector, "input"), "input")
    same(cards.an10922(raw(vector, "master"), data), raw(vector, "key"), "key")


def check_ev2_first(vector):
    key, rnd_a, rnd_b, transaction = raw(vector, "key", "rnd_a", "rnd_b", "transaction")
    challenge, proof, card_proof = cards.authenticate(key, rnd_a, rnd_b, transaction)
    same([challenge, card_proof], raw(vector, "challenge", "card_proof"), "challenge and proof")
    same(cards.wrapped(0x71, bytes([vector["key_number"], 0])), raw(vector, "challenge_command"), "command")
    same(cards.wrapped(0xAF, proof), raw(vector, "proof_command"), "proof_command")
    vectors = cards.session_vectors(rnd_a, rnd_b)
    same(list(vectors), raw(vector, "sv1", "sv2"), "sv1 and sv2")
    keys = [cards.cmac(key, named) for named in vectors]
    same(keys, raw(vector, "encryption_key", "mac_key"), "session keys")


def check_exchange_with_card(vector):
    session = cards.Session(*raw(vector, "encryption_key", "mac_key", "transaction"), vector["counter"])
    (instruction,) = raw(vector, "instruction")
    header, data, answered, answer = raw(vector, "header", "data", "answer_data", "answer")
    same(session.command(instruction, header, data), raw(vector, "command"), "command")
    same(session.answer(answered), answer, "answer")
    same(session.read(answer), answered, "answer_data")


def check_card_reading(vector):
    key, rnd_a, rnd_b, transaction = raw(vector, "key", "rnd_a", "rnd_b", "transaction")
    token, application = raw(vector, "token", "application")
    challenge, proof, card_proof = cards.authenticate(key, rnd_a, rnd_b, transaction)
    keys = [cards.cmac(key, named) for named in cards.session_vectors(rnd_a, rnd_b)]
    session = cards.Session(*keys, transaction)
    assert application in cards.CLASSES.values()
    commands = [
        cards.wrapped(0x5A, application),
        cards.wrapped(0xAD, bytes.fromhex("01000000080000")),
        cards.wrapped(0x71, b"\x01\x00"),
        cards.wrapped(0xAF, proof),
        session.command(0xAD, bytes.fromhex("02000000090000"), b""),
    ]
    same([command.hex() for command in commands], vector["commands"], "commands")
    file = token + bytes([vector["version"]])
    done = b"\x91\x00"
    answers = [done, token + done, challenge + b"\x91\xaf", card_proof + done, session.answer(file)]
    same([answer.hex() for answer in answers], vector["answers"], "answers")
    same(session.read(answers[-1]), file, "file")


def check_sun(vector):
    plain, uid, encrypted = raw(vector, "plain", "uid", "e")
    same(cards.cbc_open(raw(vector, "meta_key"), bytes(16), encrypted), plain, "plain")
    same(b"\xc7" + uid + vector["counter"].to_bytes(3, "little"), plain[:11], "uid and counter")
    keys = cards.link_session_keys(raw(vector, "file_key"), uid, vector["counter"])
    same(list(keys), raw(vector, "encryption_key", "mac_key"), "session keys")
    same(cards.truncated(cards.cmac(keys[1], b"")), raw(vector, "c"), "c")


# update-rows.json, update-parcels.json and update-proofs.json


def check_row(vector):
    row = raw(vector, "bytes")
    if not vector["accepted"]:
        must_refuse("row", updates.read_row, row)
        return
    same(updates.encode_row(vector["fields"]), row, "bytes")
    same(updates.read_row(row), vector["fields"], "fields")


def check_settings(vector):
    data = raw(vector, "bytes")
    if not vector["accepted"]:
        must_refuse("settings", updates.read_settings, data)
        return
    same(updates.encode_settings(vector["fields"]), data, "bytes")
    same(updates.read_settings(data), vector["fields"], "fields")


def check_update(vector):
    signing_secret, signing_key, list_key = raw(vector, "signing_secret", "signing_key", "list_key")
    door_secret, door_key, randomness = raw(vector, "door_sealing_secret", "door_sealing_key", "randomness")
    same(primitives.ed25519_public(signing_secret), signing_key, "signing_key")
    same(primitives.x25519_public(door_secret), door_key, "door_sealing_key")

    rows, changes = ([bytes.fromhex(row) for row in vector[name]] for name in ("list", "changes"))
    settings = raw(vector, "list_settings")
    updates.read_settings(settings)
    for row in rows:
        same(updates.read_row(row)["removed"], False, "a row of the list")
    digest = updates.list_digest(list_key, rows, settings)
    same(digest, raw(vector, "digest"), "digest")
    for change in changes:
        if change[17] & 1:
            same(any(row[:17] == change[:17] for row in rows), False, "a removed row")
        else:
            same(change in rows, True, "a changed row is in the list")

    fields = vector["fields"]
    sent = settings if vector["with_settings"] else None
    body = updates.encode_body(fields["size"], list_key, digest, len(rows), changes, sent)
    same(body, raw(vector, "body"), "body")
    read = updates.read_body(fields["kind"], body)
    same(read[:4], (list_key, digest, len(rows), changes), "body")

    bound = updates.encode_header(fields, b"", b"")
    encapsulation, key = updates.sent_key(randomness, door_key, bound)
    same(encapsulation, raw(vector, "encapsulation"), "encapsulation")
    same(updates.received_key(door_secret, encapsulation, bound), key, "both sides' body key")
    chunks = [bytes.fromhex(chunk) for chunk in vector["chunks"]]
    same(updates.seal_chunks(key, body), chunks, "chunks")
    same(updates.open_chunks(key, chunks), body, "opened chunks")
    root = updates.root([updates.leaf(number, chunk) for number, chunk in enumerate(chunks)])
    same(root, raw(vector, "root"), "root")

    header = updates.encode_header(fields, encapsulation, root)
    same(header, raw(vector, "header"), "header")
    signature = updates.sign_header(signing_secret, header)
    same(signature, raw(vector, "signature"), "signature")
    same(updates.read_header(signing_key, header + signature), fields, "fields")
    same(updates.update_id(header + signature), raw(vector, "update_id"), "update_id")


def check_update_header_refused(vector):
    must_refuse("header", updates.read_header, *raw(vector, "signing_key", "header"))


def check_update_body_refused(vector):
    must_refuse("body", updates.read_body, vector["update"], raw(vector, "body"))


def check_update_proofs(vector):
    leaves = [bytes.fromhex(leaf) for leaf in vector["leaves"]]
    same(updates.root(leaves), raw(vector, "root"), "root")
    same([transfer["first"] for transfer in vector["transfers"]], list(range(len(leaves))), "first chunks")
    for transfer in vector["transfers"]:
        verifier, first = updates.Verifier(len(leaves), raw(vector, "root")), transfer["first"]
        same(len(transfer["proofs"]), len(leaves) - first, "chunks to the end")
        for number, nodes in enumerate(transfer["proofs"], first):
            verifier.accept(number, leaves[number], [bytes.fromhex(node) for node in nodes])
        same(verifier.known, {}, "what is left")


# RFC 9180, A.1.1: the same code with AES-128-GCM, which has other keys but no other exporter.


def check_published_hpke(vector):
    info, door_secret = raw(vector, "info", "skRm")
    secret, encapsulation = updates.derive_key_pair(raw(vector, "ikmE"))
    same([secret, encapsulation], raw(vector, "skEm", "enc"), "ephemeral key")
    same(list(updates.derive_key_pair(raw(vector, "ikmR"))), raw(vector, "skRm", "pkRm"), "recipient's key")
    public = raw(vector, "pkRm")
    shared = updates.shared_secret(primitives.x25519(secret, public), encapsulation, public)
    same(shared, raw(vector, "shared_secret"), "shared_secret")
    received = primitives.x25519(door_secret, encapsulation)
    same(updates.shared_secret(received, encapsulation, public), shared, "the recipient's shared secret")
    aead = vector["aead_id"]
    same(updates.exporter(shared, info, aead)[1], raw(vector, "exporter_secret"), "exporter_secret")
    for case in vector["exports"]:
        context, value = raw(case, "exporter_context", "exported_value")
        same(updates.export(shared, info, context, aead), value, "exported_value")


# bulletin.json, receipt.json, log.json, records-delivery.json


def check_bulletin(vector):
    secret, key, prop, header = raw(vector, "signing_secret", "signing_key", "property", "header")
    same(primitives.ed25519_public(secret), key, "signing_key")
    entries = [bytes.fromhex(entry) for entry in vector["entries"]]
    numbers = (vector[name] for name in ("generation", "epoch", "issued"))
    made = delivery.make_bulletin(secret, prop, *numbers, vector["denials"])
    same(made, (entries, header), "entries and header")
    same(delivery.entries_hash(entries), raw(vector, "entries_hash"), "entries_hash")
    delivery.read_bulletin(key, header, entries)


def check_bulletin_refused(vector):
    entries = [bytes.fromhex(entry) for entry in vector["entries"]]
    must_refuse("bulletin", delivery.read_bulletin, *raw(vector, "signing_key", "header"), entries)


def check_bulletin_lookup(vector):
    entries = [bytes.fromhex(entry) for entry in vector["entries"]]
    prop, (epoch, serial, now) = raw(vector, "property"), (vector[name] for name in ("epoch", "serial", "now"))
    same(delivery.is_denied(prop, epoch, entries, serial, vector["subjects"], now), vector["denied"], "denied")


def check_statement_keys(vector):
    sealing_secret, receipt_secret = raw(vector, "sealing_secret", "receipt_secret")
    same(primitives.x25519_public(sealing_secret), raw(vector, "sealing_key"), "sealing_key")
    same(primitives.ed25519_public(receipt_secret), raw(vector, "receipt_key"), "receipt_key")
    return raw(vector, "randomness", "sealing_key", "receipt_secret")


def check_receipt(vector):
    keys, data = check_statement_keys(vector), raw(vector, "receipt")
    opened, body = delivery.receipt_open(vector["open"]), delivery.receipt_body(vector["body"])
    same(delivery.make_statement(delivery.RECEIPT, opened, body, *keys), data, "receipt")
    read = delivery.read_receipt(data, *raw(vector, "sealing_secret", "receipt_key"))
    same(read, (opened, body), "open part and body")


def check_receipt_refused(vector):
    must_refuse("receipt", delivery.read_receipt, *raw(vector, "receipt", "sealing_secret", "receipt_key"))


def check_log_batch(vector):
    keys, data = check_statement_keys(vector), raw(vector, "batch")
    fields, salted = vector["open"], [bytes.fromhex(event) for event in vector["salted"]]
    same(delivery.first_head(bytes.fromhex(fields["door_key"])), raw(vector, "head_0"), "head_0")
    if fields["first"] == 1:
        same(fields["before"], vector["head_0"], "before")
    head = bytes.fromhex(fields["before"])
    same(len(vector["events"]), len(salted), "events")
    for number, event, plain, after in zip(range(fields["first"], 2**32), salted, vector["events"], vector["heads"]):
        same(delivery.salt(keys[2], number) + bytes.fromhex(plain), event, "salted event")
        head = delivery.next_head(head, number, event)
        same(head.hex(), after, "head")
    same(fields["count"], len(salted), "count")
    opened = delivery.batch_open(fields, len(salted))
    made = delivery.make_statement(delivery.BATCH, opened, delivery.batch_message(salted), *keys)
    same(made, data, "batch")
    same(delivery.read_batch(data, *raw(vector, "sealing_secret", "receipt_key")), (opened, salted), "events")


def check_log_batch_refused(vector):
    must_refuse("batch", delivery.read_batch, *raw(vector, "batch", "sealing_secret", "receipt_key"))


def check_record(vector):
    plain = raw(vector, "plain")
    same(delivery.encode(delivery.RECORD, vector["record"]), plain, "plain")
    same(delivery.read_record(plain), vector["record"], "record")


def check_record_refused(vector):
    must_refuse("record", delivery.read_record, raw(vector, "plain"))


CHECKS = {
    "encoding": check_encoding,
    "x25519": check_x25519,
    "signature": check_signature,
    "seal": check_seal,
    "hash": check_hash,
    "kdf": check_kdf,
    "certificate": check_signed,
    "rotation": check_signed,
    "grant": check_signed,
    "share": check_signed,
    "credential": check_credential,
    "hello": check_hello,
    "hello-read": check_hello_read,
    "advertisement": check_advertisement,
    "advertisement-unresolved": check_advertisement_unresolved,
    "full-exchange": check_full_exchange,
    "full-request-refused": check_full_request_refused,
    "full-answer-refused": check_full_answer_refused,
    "fast-exchange": check_fast_exchange,
    "fast-not-accepted": check_fast_not_accepted,
    "fast-request-refused": check_fast_request_refused,
    "fast-answer-refused": check_fast_answer_refused,
    "records": check_records,
    "claim-exchange": check_claim_exchange,
    "claim-request-refused": check_claim_request_refused,
    "row": check_row,
    "settings": check_settings,
    "update": check_update,
    "update-header-refused": check_update_header_refused,
    "update-body-refused": check_update_body_refused,
    "update-proofs": check_update_proofs,
    "bulletin": check_bulletin,
    "bulletin-refused": check_bulletin_refused,
    "bulletin-lookup": check_bulletin_lookup,
    "receipt": check_receipt,
    "receipt-refused": check_receipt_refused,
    "log-batch": check_log_batch,
    "log-batch-refused": check_log_batch_refused,
    "acknowledgement": check_signed,
    "time": check_signed,
    "record": check_record,
    "record-refused": check_record_refused,
    "published-hpke": check_published_hpke,
    "published": check_published,
    "fragment": check_fragment,
    "reassemble": check_reassemble,
    "window": check_window,
    "schedule": check_schedule,
    "zone-table": check_zone_table,
    "local": check_local,
    "open": check_open,
    "cmac": check_cmac,
    "hotp": check_hotp,
    "totp": check_totp,
    "weak-code": check_weak_code,
    "local-day": check_local_day,
    "daily-key": check_daily_key,
    "daily-code": check_daily_code,
    "lockout": check_lockout,
    "an10922": check_an10922,
    "card-key": check_card_key,
    "ev2-first": check_ev2_first,
    "full-exchange-with-card": check_exchange_with_card,
    "card-reading": check_card_reading,
    "sun": check_sun,
}

# Vectors whose every field must matter: those that show what is accepted, in full.
WHOLE = {
    *("x25519", "signature", "seal", "hash", "kdf", "certificate", "rotation", "grant", "share", "credential"),
    *("hello", "advertisement", "full-exchange", "fast-exchange", "fast-not-accepted", "claim-exchange", "published"),
    *("cmac", "hotp", "daily-key", "daily-code", "an10922", "card-key", "ev2-first"),
    *("full-exchange-with-card", "card-reading", "sun"),
    *("bulletin", "receipt", "log-batch", "acknowledgement", "time", "record"),
    *("row", "settings", "update", "update-proofs", "published-hpke"),
}


DELIVERY = ("bulletin", "receipt", "log", "time", "records-delivery")
CODES_AND_CARDS = ("base", "ddc", "lockout", "an10922", "ev2", "commmode", "sun")


def vectors():
    for name in ("derivations", "objects", "hello", "advertisement", "full", "fast", "records", "claim", *CODES_AND_CARDS):
        for vector in load(name)["vectors"]:
            yield name, vector["kind"], vector
    for name in ("update-rows", "update-parcels", "update-proofs", "hpke", *DELIVERY):
        for vector in load(name)["vectors"]:
            yield name, vector["kind"], vector
    for vector in load("noise")["vectors"]:
        if vector["protocol_name"] == IK:
            yield "noise", "published", vector
    frame, schedule = load("frame"), load("schedule")
    for kind in ("fragment", "reassemble"):
        for vector in frame[kind]:
            yield "frame", kind, vector
    for group, kind in (("windows", "window"), ("schedules", "schedule"), ("tables", "zone-table")):
        for vector in schedule[group]:
            yield "schedule", kind, vector
    tables = {name: read_all(messages.read_zone, raw(zone, "bytes")) for name, zone in schedule["zones"].items()}
    for kind in ("local", "open"):
        for vector in schedule[kind]:
            yield "schedule", kind, vector | {"table": tables[vector["zone"]]}


def load(name):
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def failure(kind, vector):
    """Why the check of a vector fails; none if it passes."""
    try:
        CHECKS[kind](vector)
    except (AssertionError, Refused, ValueError, OverflowError, KeyError, IndexError) as error:
        return f"{type(error).__name__}: {error}"
    return None


def mutations(value, path=()):
    """Paths of all fields below a value, each with a changed value."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if name not in PROSE:
                yield from mutations(inner, (*path, name))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from mutations(inner, (*path, index))
    elif isinstance(value, bool):
        yield path, not value
    elif isinstance(value, int):
        yield path, value + 1
    elif isinstance(value, str) and value:
        yield path, flipped(value)


def flipped(text):
    try:
        data = bytearray.fromhex(text)
    except ValueError:
        return text + "x"
    # A middle bit: X25519 clears some at both ends of a secret.
    data[len(data) // 2] ^= 0x08
    return data.hex()


def changed(vector, path, value):
    vector = copy.deepcopy(vector)
    target = vector
    for step in path[:-1]:
        target = target[step]
    target[path[-1]] = value
    return vector


def unnoticed(kind, vector):
    """Fields that can be changed without the check noticing."""
    if kind not in WHOLE or vector.get("accepted") is False or vector.get("shared", True) is None:
        return []
    if kind == "published":
        vector = {name: value for name, value in vector.items() if not name.endswith("psks")}
    return [path for path, value in mutations(vector) if failure(kind, changed(vector, path, value)) is None]


def main():
    passed, failed = 0, 0
    for file, kind, vector in vectors():
        name = f"{file}.json: {vector.get('name') or vector.get('case') or vector.get('origin') or vector.get('utc')}"
        problem = failure(kind, vector)
        if problem is None:
            fields = unnoticed(kind, vector)
            problem = f"nothing depends on {fields}" if fields else None
        if problem is None:
            passed += 1
        else:
            failed += 1
            print(f"FAILED {name}: {problem}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
