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


def claim():
    for vector in ours("claim", "claim-exchange"):
        yield b"\x00" + raw(vector["message_1"])
        yield b"\x01" + raw(vector["payload"])
        yield b"\x02" + raw(vector["answer_payload"])
    for vector in ours("claim", "claim-request-refused"):
        if "payload" in vector:
            yield b"\x01" + raw(vector["payload"])


TARGETS = (frames, hello, advertisement, object_, credential, full_request, full_answer, fast, record, claim)


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
