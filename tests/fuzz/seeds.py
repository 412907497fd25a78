#!/usr/bin/env python3
"""Writes the seed corpus: what the vectors hold, in the form that each target reads.

    python3 tests/fuzz/seeds.py

Run it when the vectors or a target's input format changed, and commit the result. Inputs that fuzzing found are added
by hand, under a name that says what they are.
"""

import hashlib
import json
import pathlib

FUZZ = pathlib.Path(__file__).parent
VECTORS = FUZZ.parent / "vectors"


def load(name):
    return json.loads((VECTORS / f"{name}.json").read_text(encoding="utf-8"))


def ours(name, *kinds):
    return [vector for vector in load(name)["vectors"] if vector["kind"] in kinds]


def raw(text):
    return bytes.fromhex(text)


def pieces(parts):
    return b"".join(bytes([len(part)]) + part for part in parts if len(part) < 256)


def frames():
    for case in load("frame")["reassemble"]:
        parts = [raw(frame) for frame in case["frames"]]
        if len(parts) < 60:
            yield pieces(parts)


def hello():
    for vector in ours("hello", "hello", "hello-read"):
        yield raw(vector["hello"])


def advertisement():
    for vector in ours("advertisement", "advertisement", "advertisement-unresolved"):
        yield raw(vector["tag_key"]) + raw(vector["service_data"])


def object_():
    for index, kind in enumerate(("grant", "share", "certificate", "rotation")):
        for vector in ours("objects", kind):
            yield bytes([index]) + raw(vector["signed"])[:-64]
    for index, name, kind, field in ((4, "bulletin", "bulletin", "header"), (5, "time", "time", "signed")):
        for vector in ours(name, kind):
            yield bytes([index]) + raw(vector[field])[:-64]
    for vector in ours("log", "acknowledgement"):
        yield bytes([6]) + raw(vector["signed"])[:-64]


def delivery():
    for vector in ours("receipt", "receipt", "receipt-refused"):
        yield b"\x00" + raw(vector["receipt"])
    for vector in ours("log", "log-batch", "log-batch-refused"):
        yield b"\x01" + raw(vector["batch"])
    for vector in ours("bulletin", "bulletin", "bulletin-refused"):
        entries = [raw(entry) for entry in vector["entries"]]
        yield b"\x02" + b"".join(b"\x01" + entry for entry in entries)
        yield b"\x02" + bytes([len(entries)]) + b"".join(entries)


def credential():
    for vector in ours("objects", "credential"):
        if len(vector["encoded"]) <= 2_000:
            yield raw(vector["encoded"])


def full_request():
    for vector in ours("full", "full-exchange"):
        yield b"\x00" + raw(vector["request"])
        yield b"\x01" + raw(vector["message_1"])
        yield b"\x02" + raw(vector["payload"])
    for vector in ours("full", "full-request-refused"):
        if "payload" in vector:
            yield b"\x02" + raw(vector["payload"])


def full_answer():
    for vector in ours("full", "full-exchange"):
        yield b"\x00" + raw(vector["message_2"])
        yield b"\x01" + raw(vector["answer_body"])
    for vector in ours("full", "full-answer-refused"):
        if "answer_body" in vector:
            yield b"\x01" + raw(vector["answer_body"])


def fast():
    for vector in ours("fast", "fast-exchange"):
        yield b"\x00" + raw(vector["request"])[1:]
        yield b"\x01" + bytes([vector["press"], vector["attempt"]])
        yield b"\x02" + raw(vector["answer"])[1:]
        yield b"\x02" + raw(vector["answer_body"])


def record():
    for vector in ours("records", "records"):
        yield pieces([b"\x01" + raw(step["payload"])[:4] + raw(step["plain"]) for step in vector["steps"]])
        yield pieces([b"\x00" + raw(step["payload"]) for step in vector["steps"]])
    for vector in ours("records-delivery", "record", "record-refused"):
        yield pieces([b"\x01\0\0\0\0" + raw(vector["plain"])])


def claim():
    for vector in ours("claim", "claim-exchange"):
        yield b"\x00" + raw(vector["message_1"])
        yield b"\x01" + raw(vector["payload"])
        yield b"\x02" + raw(vector["answer_payload"])
    for vector in ours("claim", "claim-request-refused"):
        if "payload" in vector:
            yield b"\x01" + raw(vector["payload"])


def update_header():
    for vector in ours("update-parcels", "update"):
        yield raw(vector["header"])
    for vector in ours("update-parcels", "update-header-refused"):
        yield raw(vector["header"])[:118]


def update_row():
    for vector in ours("update-rows", "row"):
        yield raw(vector["bytes"])


def update_settings():
    for vector in ours("update-rows", "settings"):
        yield raw(vector["bytes"])


def update_body():
    for vector in ours("update-parcels", "update"):
        yield bytes([vector["fields"]["kind"] == "delta"]) + raw(vector["body"])
    for vector in ours("update-parcels", "update-body-refused"):
        yield bytes([vector["update"] == "delta"]) + raw(vector["body"])


def update_chunks():
    for count, first in ((0, 0), (1, 0), (6, 2), (12, 5), (23, 16)):
        steps = [bytes([chunk, chunk, chunk != first]) for chunk in range(first, count + 1)]
        yield bytes([count, first]) + b"".join(steps)
        yield bytes([count, first]) + bytes([first, first, 2, first, first, 4, first, first, 6, first, 0, 0])
        yield bytes([count, first]) + b"".join(steps[:2]) + b"".join(reversed(steps))


def sync():
    """A request and an answer of one field after another, as spec §15.1 lists them."""
    phone, since, room = bytes(range(16)), b"\xac\x02", b"\x80\x80\x10"
    carries = b"\x01" + bytes(8)
    handed = b"\x02" + b"\x00\x00\x03abc" + b"\x01\x01\x04wxyz"
    yield b"\x00\x01" + phone + since + room + carries + handed
    yield b"\x00\x01" + phone + b"\x00\x00\x00\x00"
    keys = bytes(8) + b"\x01" + bytes(96)
    news = b"\x01\x02\x00\x01" + b"\x00" + b"\x01\x05rotat" + b"\x04time"
    yield b"\x01\x01" + since + b"\x01" + b"\x02\x07\x08" + keys + b"\x00\x01\x03new" + b"\x04time" + (
        b"\x01" + bytes(8) + b"\x01\x03key" + b"\x01\x06parcel" + b"\x01\x04word"
    )
    yield b"\x01\x01" + since + b"\x00\x00" + keys + b"\x00\x00\x04time\x00\x00\x00\x00"
    yield b"\x01" + news


# Operations of the door target: see targets/door.rs.
def connect(at=0):
    return bytes([at << 4 | 0, 0, at << 4 | 2, 0])


def full(operation, attempt=1, serial=11, at=0):
    return bytes([at << 4 | 6, operation, attempt, serial])


def fast_(press, attempt=0, at=0):
    return bytes([at << 4 | 8, press, attempt])


def wait(which):
    return bytes([12, which])


LEAVE, ASK_HELLO, CLAIM, REBOOT = bytes([1, 0]), bytes([5, 0]), bytes([10, 0]), bytes([15, 0])


def door():
    first = connect() + full(7) + wait(2)
    yield b"\x00" + first
    yield b"\x00" + first + LEAVE + connect() + fast_(1) + wait(3) + ASK_HELLO + fast_(1, 1) + LEAVE
    yield b"\x00" + first + LEAVE + connect() + fast_(1) + wait(5) + fast_(2) + LEAVE + connect() + fast_(1)
    yield b"\x00" + first + ASK_HELLO + full(7, 2) + LEAVE + wait(5) + connect() + full(7, 3)
    yield b"\x00" + first + REBOOT + connect() + full(7, 2) + wait(2) + LEAVE + connect() + fast_(1)
    yield b"\x00" + connect() + full(7, 1, 3) + ASK_HELLO + full(8, 1, 10) + ASK_HELLO + full(9, 1, 11)
    yield b"\x00" + connect(0) + connect(1) + connect(2) + connect(3) + connect(4) + full(7) + full(8, at=1)
    for writes in range(12):
        yield b"\x00" + bytes([14, writes]) + first + REBOOT + connect() + full(7, 2) + wait(2) + fast_(1)
    for event in range(12):
        yield b"\x00" + bytes([11, event]) + first + bytes([11, event]) + ASK_HELLO + full(8) + wait(6)
    typed = b"".join(bytes([11, 12 + digit]) for digit in (0, 4, 7, 2, 9, 9, 9, 9, 9, 9))
    yield b"\x00" + typed + bytes([11, 22]) + first + typed + wait(5) + REBOOT + typed
    card = bytes([11, 23, 11, 25, 11, 26, 11, 27])
    yield b"\x00" + card + bytes([11, 24]) + wait(3) + card + first + REBOOT + card
    yield b"\xff" + connect() + CLAIM + wait(2) + LEAVE + connect() + full(7) + LEAVE + connect() + fast_(1)
    yield b"\xff" + connect() + full(7) + CLAIM + bytes([14, 3]) + connect() + CLAIM + REBOOT + connect() + full(1)
    yield b"\x00" + connect() + bytes([13, 3, 0x83, 1, 2, 13, 2, 0x41, 9, 13, 1, 0xC2]) + full(7)


TARGETS = (frames, hello, advertisement, object_, credential, full_request, full_answer, fast, record, delivery, claim) + (
    *(update_header, update_row, update_settings, update_body, update_chunks, sync, door),
)


def main():
    for target in TARGETS:
        name = target.__name__.rstrip("_")
        folder = FUZZ / "corpus" / name
        for old in folder.glob("vector-*"):
            old.unlink()
        folder.mkdir(parents=True, exist_ok=True)
        seeds = list(target())
        for seed in seeds:
            (folder / f"vector-{hashlib.sha256(seed).hexdigest()[:12]}").write_bytes(seed)
        print(f"{name}: {len(list(folder.iterdir()))} seeds")


if __name__ == "__main__":
    main()
