"""Sections 4 to 7 and 9: hello, advertisement, both paths, records, claims."""

from . import Refused
from .encoding import Reader, option, sized, varint, zigzag
from .objects import embedded, encode_share_chain, read_share_chain
from .primitives import kdf, open_, seal, xor

LABEL = "thumbturn/1/"
FAULTS = (1, 2, 3)


def make_hello(factory_fresh, nonce, tag_key):
    head = bytes([0xC1, 1, 1, factory_fresh]) + nonce
    return head + kdf(tag_key, LABEL + "hello-name", head, 4)


def read_hello(frame, tag_key):
    """`refused`, `foreign` or `named`, as a phone of version 1 sees it."""
    if len(frame) != 20 or frame[0] != 0xC1:
        return "refused"
    highest, lowest, flags = frame[1:4]
    if not lowest <= 1 <= highest:
        return "refused"
    # Later versions may give flags a meaning.
    if highest == 1 and flags > 1:
        return "refused"
    return "named" if kdf(tag_key, LABEL + "hello-name", frame[:16], 4) == frame[16:] else "foreign"


def advertisement(tag_key, salt, plain_hint):
    head = b"\x01" + salt
    mask = kdf(tag_key, LABEL + "advertisement-hint", head, 3)
    return head + kdf(tag_key, LABEL + "advertisement-tag", head, 5) + xor(plain_hint, mask)


def resolve(tag_key, data):
    """The plain hint."""
    if len(data) != 13 or data[0] != 1:
        raise Refused("advertisement")
    if kdf(tag_key, LABEL + "advertisement-tag", data[:5], 5) != data[5:10]:
        raise Refused("tag")
    hint = xor(data[10:], kdf(tag_key, LABEL + "advertisement-hint", data[:5], 3))
    if hint[2] > 7:
        raise Refused("flags")
    return hint


def gate(tag_key, hello, message):
    return kdf(tag_key, LABEL + "gate", hello + message, 4)


def check_gate(tag_key, hello, request):
    if len(request) < 4 or gate(tag_key, hello, request[4:]) != request[:4]:
        raise Refused("gate")
    return request[4:]


def encode_request(signing_key, operation, grant, share):
    """Section 5.4."""
    tried = bytes([operation["kind"]]) + bytes.fromhex(operation["id"]) + bytes([operation["attempt"]])
    return signing_key + tried + sized(grant) + option(share, encode_share_chain)


def read_request(payload):
    reader = Reader(payload)
    fields = {"phone_signing_key": reader.take(32).hex()}
    fields["operation"] = {"kind": reader.u8(), "id": reader.take(8).hex(), "attempt": reader.u8()}
    fields["grant"] = embedded(reader)
    fields["share"] = reader.option(lambda: read_share_chain(reader))
    reader.end()
    if fields["operation"]["kind"] > 1 or fields["operation"]["attempt"] == 0:
        raise Refused("operation")
    return fields


def encode_answer(answer):
    """Section 5.5."""
    names = ("ticket", "clock_unsure", "logs_waiting", "battery_low")
    flags = sum(answer[name] << bit for bit, name in enumerate(names))
    version = answer["list_version_mod_65536"].to_bytes(2, "big")
    return bytes([answer["outcome"], answer["detail"], flags]) + version


def read_answer(body):
    if len(body) != 5:
        raise Refused("length")
    outcome, detail, flags = body[:3]
    if outcome > 0x0C or flags > 15:
        raise Refused("outcome or flags")
    if ((2 <= outcome <= 0x0A or outcome == 0x0C) and detail != 0) or (outcome == 0x0B and detail not in FAULTS):
        raise Refused("detail")
    names = ("ticket", "clock_unsure", "logs_waiting", "battery_low")
    answer = {"outcome": outcome, "detail": detail}
    answer |= {name: bool(flags >> bit & 1) for bit, name in enumerate(names)}
    return answer | {"list_version_mod_65536": int.from_bytes(body[3:], "big")}


def session_secret(label, handshake):
    k1, k2 = handshake.split()
    return kdf(handshake.h, LABEL + label, k1 + k2)


def claim_keys(secret):
    """PSK and claim tag key (9.2)."""
    return kdf(secret, LABEL + "claim-psk", b""), kdf(secret, LABEL + "claim-tag-key", b"", 16)


def first_ticket(secret):
    return kdf(secret, LABEL + "ticket-first", b"")


def next_ticket(ticket):
    return kdf(ticket, LABEL + "ticket-next", b"")


def ticket_id(ticket):
    return kdf(ticket, LABEL + "ticket-id", b"", 3)


def operation_id(ticket, press):
    return kdf(ticket, LABEL + "operation-id", bytes([press]), 8)


def fast_request(ticket, hello, press, kind, attempt):
    """The tag and the whole frame."""
    head = b"\xc5" + ticket_id(ticket) + bytes([press, kind << 5 | attempt])
    tag = kdf(ticket, LABEL + "fast-request", hello + head, 14)
    return tag, head + tag


def check_fast_request(ticket, hello, frame):
    """Press, kind and attempt."""
    if len(frame) != 20 or frame[0] != 0xC5:
        raise Refused("frame")
    press, kind, attempt = frame[4], frame[5] >> 5, frame[5] & 31
    if press == 0 or attempt == 0 or kind > 1:
        raise Refused("fields")
    if fast_request(ticket, hello, press, kind, attempt)[1] != frame:
        raise Refused("ticket or tag")
    return press, kind, attempt


def fast_mask(ticket, hello, request):
    return kdf(ticket, LABEL + "fast-mask", hello + request, 5)


def fast_answer(ticket, hello, request, body):
    """The tag and the whole frame."""
    tag = kdf(ticket, LABEL + "fast-answer", hello + request + b"\xc6" + body, 14)
    return tag, b"\xc6" + xor(body, fast_mask(ticket, hello, request)) + tag


def read_fast_answer(ticket, hello, request, frame):
    """The answer's body."""
    if len(frame) != 20 or frame[0] != 0xC6:
        raise Refused("frame")
    body = xor(frame[1:6], fast_mask(ticket, hello, request))
    if fast_answer(ticket, hello, request, body)[1] != frame:
        raise Refused("tag")
    return body


def fast_session_secret(ticket, hello, request, answer):
    return kdf(ticket, LABEL + "fast-session", hello + request + answer)


def record_keys(secret):
    return {to: kdf(secret, f"{LABEL}record-to-{to}", b"") for to in ("door", "phone")}


def seal_record(key, counter, plain):
    number = counter.to_bytes(4, "big")
    return number + seal(key, bytes(8) + number, number, plain)


class RecordReceiver:
    """One direction of a session's records."""

    def __init__(self, key):
        self.key, self.lowest = key, 0

    def open(self, payload):
        lowest, self.lowest = self.lowest, None
        if lowest is None or len(payload) < 4:
            raise Refused("ended, or too short")
        counter = int.from_bytes(payload[:4], "big")
        if counter < lowest:
            raise Refused("does not rise")
        plain = open_(self.key, bytes(8) + payload[:4], payload[:4], payload[4:])
        check_record(plain)
        self.lowest = counter + 1
        return counter, plain


def check_record(plain):
    reader = Reader(plain)
    index = reader.unsigned("u32")
    if index > 2:
        raise Refused("record")
    if index == 0:
        reader.take(8)
        if reader.unsigned("u32") > 3:
            raise Refused("result")
    reader.end()


SUBJECTS = (8, 16, 8, 0)
KEYS = ("property", "root_key", "signing_key", "sealing_key", "door", "tag_key")


def encode_configuration(fields):
    """Section 9.4."""
    raw = {name: bytes.fromhex(fields[name]) for name in KEYS}
    zone, deny = fields["zone"], fields["deny"]
    out = b"\x01" + raw["property"] + varint(fields["generation"])
    out += raw["root_key"] + raw["signing_key"] + raw["sealing_key"] + raw["door"] + raw["tag_key"]
    out += bytes([fields["kind"], fields["relock_seconds"]])
    out += varint(fields["now"]) + varint(fields["list_version"])
    out += zigzag(zone["initial"]) + varint(len(zone["transitions"]))
    for transition in zone["transitions"]:
        out += varint(transition["at"]) + zigzag(transition["offset"])
    out += varint(len(deny))
    for entry in deny:
        out += bytes([entry["subject"]]) + bytes.fromhex(entry["id"]) + varint(entry["void_before"])
    return out


def read_configuration(payload):
    reader = Reader(payload)
    fields = {"version": reader.u8(), "property": reader.take(8).hex(), "generation": reader.unsigned("u32")}
    fields |= {name: reader.take(32).hex() for name in ("root_key", "signing_key", "sealing_key")}
    fields |= {"door": reader.take(8).hex(), "tag_key": reader.take(16).hex()}
    fields |= {"kind": reader.unsigned("u32"), "relock_seconds": reader.u8(), "now": reader.instant()}
    fields["list_version"] = reader.unsigned("u32")
    fields["zone"] = read_zone(reader)
    fields["deny"] = reader.list(16, lambda: read_deny_entry(reader))
    reader.end()
    if fields["version"] != 1 or fields["kind"] > 3 or not 1 <= fields["relock_seconds"] <= 240:
        raise Refused("configuration")
    return fields


def read_zone(reader):
    initial = offset(reader)
    transitions = reader.list(16, lambda: {"at": reader.instant(), "offset": offset(reader)})
    if any(earlier["at"] >= later["at"] for earlier, later in zip(transitions, transitions[1:])):
        raise Refused("transitions")
    return {"initial": initial, "transitions": transitions}


def offset(reader):
    value = reader.i32()
    if abs(value) > 64_800:
        raise Refused("offset")
    return value


def read_deny_entry(reader):
    subject = reader.unsigned("u32")
    if subject >= len(SUBJECTS):
        raise Refused("subject")
    identifier = reader.take(SUBJECTS[subject]).hex()
    return {"subject": subject, "id": identifier, "void_before": reader.unsigned("u32")}
