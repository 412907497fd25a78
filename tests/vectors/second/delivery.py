"""Section 7.2 and sections 11 to 13: records of the delivery, bulletins, receipts, logs."""

from . import Refused
from .encoding import Reader, option, sized, varint, zigzag
from .primitives import hash_, kdf, open_, seal, sign, verify, x25519, x25519_public
from .updates import derive_key_pair, expand, exporter, extract, shared_secret

NONE = 2**40 - 1
ORIGIN = ("version", "property", "generation", "door", "door_key")


def big(value, length):
    return value.to_bytes(length, "big")


# 7.2: ("struct", fields), ("variants", list of fields), ("list", least, most, type), ("bytes", least, most), …

NUMBERS = ("u16", "u32", "u64")
STAGED = ("struct", [("update", "hex8"), ("chunk", "u16")])
PLACE = [("chunk", "u16"), ("offset", "u16")]
PIECE = ("bytes", 1, 1_488)
PROGRESS = ("variants", [PLACE, PLACE, [], [("list_version", "u32")], [("reason", ("enum", 8))]])
RECORD = ("variants", [
    [("operation", "hex8"), ("result", ("enum", 4))],
    [],
    [],
    [],
    [
        ("generation", "u32"), ("list_version", "u32"), ("bulletin_epoch", "u32"), ("receipt", "u32"),
        ("log_first", "u32"), ("log_next", "u32"), ("nonce", "hex8"), ("staged", ("list", 0, 2, STAGED)),
    ],
    [("bytes", ("bytes", 65, 224))],
    [("bytes", ("bytes", 65, 124))],
    [("epoch", "u32"), ("first", "u16"), ("entries", ("list", 1, 32, "entry"))],
    [("object", ("enum", 3))],
    [("token", ("bytes", 65, 93)), ("elapsed", ("option", "u32"))],
    [("bytes", ("bytes", 182, 182))],
    [("update", "hex8"), ("progress", PROGRESS)],
    [("chunk", "u16"), ("nodes", ("list", 1, 9, "hex32"))],
    [*PLACE, ("bytes", PIECE)],
    [("bytes", ("bytes", 219, 244))],
    [("first", "u32"), ("total", "u16"), ("offset", "u16"), ("bytes", PIECE)],
    [("object", ("variants", [[("first", "u32")]]))],
    [("bytes", ("bytes", 65, 127))],
    [("object", ("enum", 3))],
])  # fmt: skip


def encode(kind, value):
    if kind == "entry":
        return bytes.fromhex(value)
    if kind in NUMBERS or kind[0] == "enum":
        return varint(value)
    if isinstance(kind, str):
        return bytes.fromhex(value)
    if kind[0] == "bytes":
        return sized(bytes.fromhex(value))
    if kind[0] == "list":
        return varint(len(value)) + b"".join(encode(kind[3], element) for element in value)
    if kind[0] == "option":
        return option(value, lambda inner: encode(kind[1], inner))
    if kind[0] == "struct":
        return b"".join(encode(inner, value[name]) for name, inner in kind[1])
    return varint(value["index"]) + encode(("struct", kind[1][value["index"]]), value)


def decode(kind, reader):
    if kind == "entry":
        entry = reader.take(24)
        if any(entry[21:]):
            raise Refused("entry")
        return entry.hex()
    if kind in NUMBERS:
        return reader.unsigned(kind)
    if isinstance(kind, str):
        return reader.take(int(kind.removeprefix("hex"))).hex()
    if kind[0] == "enum":
        return index(reader, kind[1])
    if kind[0] == "bytes":
        return least(reader.bytes(kind[2]), kind[1]).hex()
    if kind[0] == "list":
        return least(reader.list(kind[2], lambda: decode(kind[3], reader)), kind[1])
    if kind[0] == "option":
        return reader.option(lambda: decode(kind[1], reader))
    if kind[0] == "struct":
        return {name: decode(inner, reader) for name, inner in kind[1]}
    number = index(reader, len(kind[1]))
    return {"index": number} | decode(("struct", kind[1][number]), reader)


def index(reader, count):
    number = reader.unsigned("u32")
    if number >= count:
        raise Refused("enum")
    return number


def least(value, count):
    if len(value) < count:
        raise Refused("too short")
    return value


def read_record(plain):
    reader = Reader(plain)
    record = decode(RECORD, reader)
    reader.end()
    return record


# 11.1


SUBJECTS = ("holder", "phone", "share", "card", "daily code", "everybody")


def encode_subject(fields):
    number = SUBJECTS.index(fields["subject"])
    if number == 5:
        return b"\x05"
    if number < 4:
        return bytes([number]) + bytes.fromhex(fields["id"])
    door = bytes.fromhex(fields["door"])
    return bytes([4]) + door + zigzag(fields["day"]) + bytes([fields["code_kind"]]) + varint(fields["slot"])


def subject_hash(prop, epoch, fields):
    return hash_("thumbturn/1/bulletin-subject", prop + big(epoch, 4) + encode_subject(fields), 12)


def encode_entry(prop, epoch, denial):
    until = NONE if denial["until"] is None else denial["until"]
    return subject_hash(prop, epoch, denial) + big(denial["void_before"], 4) + big(until, 5) + bytes(3)


def entries_hash(entries):
    return hash_("thumbturn/1/bulletin-entries", b"".join(entries))


def make_bulletin(secret, prop, generation, epoch, issued, denials):
    entries = sorted(encode_entry(prop, epoch, denial) for denial in denials)
    head = b"\x01" + prop + big(generation, 4) + big(epoch, 4) + big(issued, 8) + big(len(entries), 2) + b"\x00"
    body = head + entries_hash(entries)
    return entries, body + sign(secret, "thumbturn/1/bulletin", body)


def read_bulletin(key, header, entries):
    if len(header) != 124:
        raise Refused("length")
    body = header[:60]
    verify(key, "thumbturn/1/bulletin", body, header[60:])
    if body[0] != 1 or body[27]:
        raise Refused("header")
    epoch, issued, count = (int.from_bytes(body[at:end], "big") for at, end in ((13, 17), (17, 25), (25, 27)))
    if not epoch or issued > NONE or count > 256:
        raise Refused("numbers")
    names = [entry[:12] for entry in entries]
    if count != len(entries) or names != sorted(set(names)) or any(any(entry[21:]) for entry in entries):
        raise Refused("entries")
    if entries_hash(entries) != body[28:]:
        raise Refused("hash")


def is_denied(prop, epoch, entries, serial, subjects, now):
    names = {subject_hash(prop, epoch, subject) for subject in [*subjects, {"subject": "everybody"}]}
    for entry in entries:
        void_before, until = int.from_bytes(entry[12:16], "big"), int.from_bytes(entry[16:21], "big")
        ended = now is not None and until != NONE and now >= until
        if entry[:12] in names and (serial < void_before or void_before == 2**32 - 1) and not ended:
            return True
    return False


# 12.1 and 12.3


def origin(fields):
    head = bytes([fields["version"]]) + bytes.fromhex(fields["property"]) + big(fields["generation"], 4)
    return head + bytes.fromhex(fields["door"]) + bytes.fromhex(fields["door_key"])


def cipher(secret, info):
    """HPKE's first key and nonce (RFC 9180, section 5.1)."""
    suite, _ = exporter(secret, info)
    context = b"\x00" + extract(suite, b"", b"psk_id_hash", b"") + extract(suite, b"", b"info_hash", info)
    key = extract(suite, secret, b"secret", b"")
    return expand(suite, key, b"key", context, 32), expand(suite, key, b"base_nonce", context, 12)


def make_statement(labels, opened, message, randomness, sealing_key, receipt_secret):
    secret, encapsulation = derive_key_pair(randomness)
    shared = shared_secret(x25519(secret, sealing_key), encapsulation, sealing_key)
    key, nonce = cipher(shared, labels[0].encode("ascii") + opened)
    signed = opened + encapsulation + seal(key, nonce, b"", message)
    return signed + sign(receipt_secret, labels[1], signed)


def read_statement(labels, length, data, sealing_secret, receipt_key):
    signed, signature = data[:-64], data[-64:]
    verify(receipt_key, labels[1], signed, signature)
    opened, encapsulation, sealed = signed[:length], signed[length : length + 32], signed[length + 32 :]
    shared = shared_secret(x25519(sealing_secret, encapsulation), encapsulation, x25519_public(sealing_secret))
    key, nonce = cipher(shared, labels[0].encode("ascii") + opened)
    if opened[0] != 1:
        raise Refused("version")
    return opened, open_(key, nonce, b"", sealed)


RECEIPT = ("thumbturn/1/receipt-body", "thumbturn/1/receipt")
FLAGS = ("wants_snapshot", "logs_waiting", "battery_low", "clock_unsure")


def receipt_open(fields):
    flags = sum(fields[name] << bit for bit, name in enumerate(FLAGS))
    return origin(fields) + big(fields["number"], 4) + big(fields["list_version"], 4) + bytes([flags, 0, 0])


def receipt_body(body):
    out = bytes.fromhex(body["list_digest"]) + varint(body["bulletin_epoch"]) + varint(body["clock"])
    out += varint(body["clock_error"]) + bytes([body["battery"]]) + varint(body["firmware"])
    return out + varint(body["log_next"]) + bytes.fromhex(body["log_head"]) + varint(body["lost_events"])


def read_receipt(data, sealing_secret, receipt_key):
    if not 219 <= len(data) <= 244:
        raise Refused("length")
    opened, message = read_statement(RECEIPT, 36, data, sealing_secret, receipt_key)
    if opened[33] > 15 or any(opened[34:]):
        raise Refused("open part")
    return opened, message


BATCH = ("thumbturn/1/log-body", "thumbturn/1/log-batch")


def salt(receipt_secret, number):
    return kdf(receipt_secret, "thumbturn/1/log-salt", big(number, 4), 16)


def first_head(door_key):
    return hash_("thumbturn/1/log-start", door_key)


def next_head(head, number, event):
    return hash_("thumbturn/1/log", head + big(number, 4) + event)


def batch_open(fields, count):
    head = origin(fields) + big(fields["first"], 4) + big(count, 2) + big(fields["lost"], 4) + bytes(2)
    return head + bytes.fromhex(fields["before"])


def batch_message(events):
    return b"".join(big(len(event), 2) + event for event in events)


def read_batch(data, sealing_secret, receipt_key):
    if not 69 + 19 + 112 <= len(data) <= 2_229:
        raise Refused("length")
    opened, message = read_statement(BATCH, 69, data, sealing_secret, receipt_key)
    first, count, lost = (int.from_bytes(opened[at:end], "big") for at, end in ((25, 29), (29, 31), (31, 35)))
    if not first or not count or first + count - 1 >= 2**32 or lost >= first or any(opened[35:37]):
        raise Refused("open part")
    events, reader = [], Reader(message)
    for _ in range(count):
        events.append(least(reader.take(int.from_bytes(reader.take(2), "big")), 17))
    reader.end()
    return opened, events
