"""claim.json: claiming."""

from second import Refused, messages, noise, objects

from .comparing import must_refuse, raw, same
from .full import check_steps

NN = "Noise_NNpsk0_25519_AESGCM_SHA256"


def claim_side(initiator, hello, ephemeral, psk):
    prologue = (messages.LABEL + "claim-prologue").encode("ascii") + hello
    return noise.Handshake(NN, initiator, prologue, ephemeral, psk=psk)


def check_claim_exchange(vector):
    secret, hello, request = raw(vector, "claim_secret", "hello", "request")
    psk, tag_key = messages.claim_keys(secret)
    same([psk, tag_key], raw(vector, "psk", "claim_tag_key"), "psk and claim_tag_key")
    same(messages.read_hello(hello, tag_key), "named", "hello")
    same(hello[3], 1, "factory-fresh")
    same((messages.LABEL + "claim-prologue").encode("ascii") + hello, raw(vector, "prologue"), "prologue")

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


def check_claim_request_refused(vector):
    secret, hello, request = raw(vector, "claim_secret", "hello", "request")
    same(where_claim_refused(vector, secret, hello, request), vector["refused_at"], "refused_at")


def where_claim_refused(vector, secret, hello, request):
    psk, tag_key = messages.claim_keys(secret)
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


CHECKS = {
    "claim-exchange": check_claim_exchange,
    "claim-request-refused": check_claim_request_refused,
}
