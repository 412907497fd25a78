"""Section 10 and the proofs of section 7.3: rows, settings, headers, bodies, HPKE, the chunk tree, the digest."""

from . import Refused
from .encoding import Reader, option, varint, zigzag
from .messages import read_zone
from .objects import schedule
from .primitives import hash_, hmac_sha256, kdf, open_, seal, sign, verify, x25519, x25519_public

NONE = 2**40 - 1
# Bytes of the id that each kind of row uses; a doorcode's are its last five.
IDS = {1: 8, 2: 8, 3: 16, 4: 8, 5: 0}
CHUNK, LONGEST = 4_032, {"delta": 122_880, "snapshot": 1_284_096}


# 10.1


def encode_row(fields):
    flags = fields["removed"] | fields["staff"] << 1
    not_after = NONE if fields["not_after"] is None else fields["not_after"]
    head = bytes([fields["kind"]]) + bytes.fromhex(fields["id"]) + bytes([flags])
    head += bytes.fromhex(fields["holder"]) + fields["serial"].to_bytes(4, "big")
    head += fields["not_before"].to_bytes(5, "big") + not_after.to_bytes(5, "big")
    head += bytes([fields["schedule"], fields["card_version"]]) + bytes.fromhex(fields["card_key"])
    return head + fields["credential"].to_bytes(4, "big") + bytes(2)


def read_row(row):
    fields = {"kind": row[0], "id": row[1:17].hex(), "removed": bool(row[17] & 1), "staff": bool(row[17] & 2)}
    fields |= {"holder": row[18:26].hex(), "serial": int.from_bytes(row[26:30], "big")}
    fields["not_before"], not_after = (int.from_bytes(row[at : at + 5], "big") for at in (30, 35))
    fields["not_after"] = None if not_after == NONE else not_after
    fields |= {"schedule": row[40], "card_version": row[41], "card_key": row[42:58].hex()}
    fields["credential"] = int.from_bytes(row[58:62], "big")
    check_id(row[0], row[1:17])
    if row[17] & 1:
        if row[17] != 1 or any(row[18:]):
            raise Refused("a removed row")
        # Zeros mean "none" in no field of a row that is there.
        return fields | {"not_after": 0}
    deny = row[0] >= 2
    if row[17] & ~2 or any(row[62:]) or row[40] > 64 or fields["not_before"] >= not_after:
        raise Refused("row")
    if row[0] == 0 and any(row[41:58]):
        raise Refused("a doorcode with a card's fields")
    if deny and (row[17:26] + row[30:] != bytes(14) + bytes.fromhex("ffffffffff") + bytes(24)):
        raise Refused("a deny row with more than a serial")
    return fields


def check_id(kind, identifier):
    if kind == 0:
        digits, code = identifier[11], int.from_bytes(identifier[12:], "big")
        if any(identifier[:11]) or not 4 <= digits <= 7 or code >= 10**digits:
            raise Refused("doorcode")
    elif kind not in IDS or any(identifier[IDS[kind] :]):
        raise Refused("id")


# 10.2


def encode_settings(fields):
    zone = fields["zone"]
    out = bytes.fromhex(fields["tag_key"]) + bytes([fields["kind"], fields["relock_seconds"]])
    out += zigzag(zone["initial"]) + varint(len(zone["transitions"]))
    for transition in zone["transitions"]:
        out += varint(transition["at"]) + zigzag(transition["offset"])
    out += varint(len(fields["schedules"]))
    for windows in fields["schedules"]:
        out += varint(len(windows)) + b"".join(bytes.fromhex(window) for window in windows)
    out += bytes([fields["code_digits"]])
    return out + option(
        fields["daily_codes"],
        lambda daily: bytes.fromhex(daily["key"]) + bytes([daily["epoch"], daily["slots"]]),
    )


def settings_of(reader):
    fields = {"tag_key": reader.take(16).hex(), "kind": reader.unsigned("u32"), "relock_seconds": reader.u8()}
    fields["zone"] = read_zone(reader)
    fields["schedules"] = reader.list(64, lambda: schedule(reader))
    fields["code_digits"] = reader.u8()
    fields["daily_codes"] = reader.option(
        lambda: {"key": reader.take(32).hex(), "epoch": reader.u8(), "slots": reader.u8()}
    )
    slots = fields["daily_codes"]["slots"] if fields["daily_codes"] else 1
    bounds = fields["kind"] <= 3 and 1 <= fields["relock_seconds"] <= 240
    if not bounds or not 4 <= fields["code_digits"] <= 7 or not 1 <= slots <= 16:
        raise Refused("settings")
    return fields


def read_settings(data):
    reader = Reader(data)
    fields = settings_of(reader)
    reader.end()
    return fields


# 10.3


def encode_header(fields, encapsulation, root):
    out = bytes([1, {"delta": 0, "snapshot": 1}[fields["kind"]]]) + bytes.fromhex(fields["property"])
    out += fields["generation"].to_bytes(4, "big") + bytes.fromhex(fields["door"]) + bytes.fromhex(fields["door_key"])
    out += b"".join(fields[name].to_bytes(4, "big") for name in ("from", "to", "size"))
    out += b"".join(fields[name].to_bytes(8, "big") for name in ("issued", "apply_until"))
    return out + encapsulation + root


def read_header(signing_key, header):
    if len(header) != 182:
        raise Refused("length")
    body = header[:118]
    verify(signing_key, "thumbturn/1/update", body, header[118:])
    if body[0] != 1 or body[1] > 1:
        raise Refused("version or kind")
    fields = {"kind": ("delta", "snapshot")[body[1]], "property": body[2:10].hex()}
    fields |= {"generation": int.from_bytes(body[10:14], "big"), "door": body[14:22].hex()}
    fields["door_key"] = body[22:26].hex()
    for name, at, length in (("from", 26, 4), ("to", 30, 4), ("size", 34, 4), ("issued", 38, 8), ("apply_until", 46, 8)):
        fields[name] = int.from_bytes(body[at : at + length], "big")
    if fields["from"] >= fields["to"] or (fields["kind"] == "snapshot" and fields["from"]):
        raise Refused("versions")
    if fields["size"] % 256 or not 0 < fields["size"] <= LONGEST[fields["kind"]]:
        raise Refused("size")
    if not fields["issued"] < fields["apply_until"] <= NONE:
        raise Refused("times")
    return fields


def sign_header(secret, body):
    return sign(secret, "thumbturn/1/update", body)


def update_id(header):
    return hash_("thumbturn/1/update-id", header, 8)


# 10.4


def encode_body(size, list_key, digest, rows, changes, settings):
    head = b"\x01" + list_key + digest + varint(rows) + varint(len(changes)) + option(settings, lambda data: data)
    out = len(head).to_bytes(2, "big") + head
    out += bytes(-len(out) % 64) + b"".join(changes)
    assert size == len(out) + -len(out) % 256, "padded to the next multiple of 256"
    return out + bytes(size - len(out))


def read_body(kind, body):
    """List key, digest, rows of the list, rows of the body, settings."""
    length = int.from_bytes(body[:2], "big")
    if length > 4_030 or length + 2 > min(len(body), CHUNK):
        raise Refused("head")
    reader = Reader(body[2 : 2 + length])
    version, list_key, digest = reader.u8(), reader.take(16), reader.take(32)
    rows, count = reader.unsigned("u32"), reader.unsigned("u32")
    settings = reader.option(lambda: settings_of(reader))
    reader.end()
    start = length + 2 + -(length + 2) % 64
    end = start + 64 * count
    if version != 1 or max(rows, count) > 20_000 or end > len(body) or any(body[2 + length : start] + body[end:]):
        raise Refused("body")
    changes = [body[at : at + 64] for at in range(start, end, 64)]
    removed = [read_row(row)["removed"] for row in changes]
    if any(earlier[:17] >= later[:17] for earlier, later in zip(changes, changes[1:])):
        raise Refused("rows not sorted")
    if kind == "snapshot" and (settings is None or rows != count or any(removed)):
        raise Refused("snapshot")
    return list_key, digest, rows, changes, settings


def chunk_nonce(number):
    return bytes(8) + number.to_bytes(4, "big")


def seal_chunks(key, body):
    plain = [body[at : at + CHUNK] for at in range(0, len(body), CHUNK)]
    return [seal(key, chunk_nonce(number), b"", chunk) for number, chunk in enumerate(plain)]


def open_chunks(key, chunks):
    return b"".join(open_(key, chunk_nonce(number), b"", chunk) for number, chunk in enumerate(chunks))


# RFC 9180, base mode, DHKEM(X25519, HKDF-SHA256), HKDF-SHA256; `aead` 2 is AES-256-GCM, ours.

KEM = b"KEM\x00\x20"


def extract(suite, salt, label, material):
    return hmac_sha256(salt, b"HPKE-v1" + suite + label + material)


def expand(suite, key, label, info, length):
    info = length.to_bytes(2, "big") + b"HPKE-v1" + suite + label + info
    assert length <= 32, "one block of HKDF-Expand"
    return hmac_sha256(key, info + b"\x01")[:length]


def derive_key_pair(material):
    """Section 7.1.3."""
    secret = expand(KEM, extract(KEM, b"", b"dkp_prk", material), b"sk", b"", 32)
    return secret, x25519_public(secret)


def shared_secret(shared, encapsulation, recipient):
    """Section 4.1."""
    return expand(KEM, extract(KEM, b"", b"eae_prk", shared), b"shared_secret", encapsulation + recipient, 32)


def exporter(secret, info, aead=2):
    """The exporter secret of section 5.1, and the suite that it belongs to."""
    suite = b"HPKE\x00\x20\x00\x01" + aead.to_bytes(2, "big")
    context = b"\x00" + extract(suite, b"", b"psk_id_hash", b"") + extract(suite, b"", b"info_hash", info)
    return suite, expand(suite, extract(suite, secret, b"secret", b""), b"exp", context, 32)


def export(secret, info, context, aead=2):
    suite, key = exporter(secret, info, aead)
    return expand(suite, key, b"sec", context, 32)


def body_key(secret, bound):
    return export(secret, b"thumbturn/1/update-body" + bound, b"thumbturn/1/update-chunk")


def received_key(door_secret, encapsulation, bound):
    shared = x25519(door_secret, encapsulation)
    return body_key(shared_secret(shared, encapsulation, x25519_public(door_secret)), bound)


def sent_key(randomness, door_key, bound):
    secret, encapsulation = derive_key_pair(randomness)
    shared = x25519(secret, door_key)
    return encapsulation, body_key(shared_secret(shared, encapsulation, door_key), bound)


# 10.5, with the intervals of RFC 6962


def leaf(number, chunk):
    return hash_("thumbturn/1/update-leaf", number.to_bytes(4, "big") + chunk)


def node(left, right):
    return hash_("thumbturn/1/update-node", left + right)


def split(start, end):
    return start + (1 << (end - start - 1).bit_length() - 1)


def root(leaves, start=0, end=None):
    end = len(leaves) if end is None else end
    if end - start == 1:
        return leaves[start]
    middle = split(start, end)
    return node(root(leaves, start, middle), root(leaves, middle, end))


class Verifier:
    """The door of section 7.3: knows hashes of intervals."""

    def __init__(self, count, tree_root):
        self.known, self.first = {(0, count): tree_root}, True

    def accept(self, number, leaf_hash, nodes):
        inside = [(start, end) for start, end in self.known if start <= number < end]
        if len(inside) != 1 or (not self.first and inside[0][0] != number):
            raise Refused("not the next chunk")
        interval, taken, learned = inside[0], iter(nodes), {}
        found = self.climb(number, leaf_hash, interval, taken, learned)
        if found != self.known[interval] or next(taken, None) is not None:
            raise Refused("proof")
        del self.known[interval]
        self.known |= learned
        self.first = False

    def climb(self, number, leaf_hash, interval, nodes, learned):
        start, end = interval
        if end - start == 1:
            return leaf_hash
        middle = split(start, end)
        inner = (start, middle) if number < middle else (middle, end)
        below = self.climb(number, leaf_hash, inner, nodes, learned)
        sibling = next(nodes, None)
        if sibling is None:
            raise Refused("too few nodes")
        if number >= middle:
            return node(sibling, below)
        learned[(middle, end)] = sibling
        return node(below, sibling)


# 10.6


def list_digest(list_key, rows, settings):
    parts = [kdf(list_key, "thumbturn/1/list-row", row) for row in rows]
    parts.append(kdf(list_key, "thumbturn/1/list-settings", settings))
    return (sum(int.from_bytes(part, "big") for part in parts) % 2**256).to_bytes(32, "big")
