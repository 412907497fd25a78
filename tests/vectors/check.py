#!/usr/bin/env python3
"""Checks every vector in this folder with a second implementation, written from docs/spec alone.

    python3 -m pip install -r tests/vectors/requirements.txt
    python3 tests/vectors/check.py

Then changes each field of each vector that should be accepted, one at a time, and expects the check to notice: a field
that nothing depends on would prove nothing.
"""

import copy
import json
import pathlib
import sys

from checks import (
    cards, claim, codes, comparing, delivery, derivations, fast, frames, full, hello, noise, objects, records, sync,
    updates,
)
from second import Refused, messages

FAMILIES = (
    derivations, objects, hello, full, fast, records, claim,
    noise, frames, codes, cards, updates, delivery, sync,
)
CHECKS = {kind: check for family in FAMILIES for kind, check in family.CHECKS.items()}
# Fields for the reader of a vector.
PROSE = {"name", "section", "kind", "reason", "then", "case", "utc", "origin"}
FOLDER = pathlib.Path(__file__).parent

# Vectors whose every field must matter: those that show what is accepted, in full.
WHOLE = {
    *("x25519", "signature", "seal", "hash", "kdf", "certificate", "rotation", "grant", "share", "credential"),
    *("hello", "advertisement", "full-exchange", "fast-exchange", "fast-not-accepted", "claim-exchange", "published"),
    *("cmac", "hotp", "daily-key", "daily-code", "an10922", "card-key", "ev2-first"),
    *("full-exchange-with-card", "card-reading", "sun"),
    *("bulletin", "receipt", "log-batch", "acknowledgement", "time", "record"),
    *("sync-request", "sync-answer"),
    *("row", "settings", "update", "update-proofs", "published-hpke"),
}

DELIVERY = ("bulletin", "receipt", "log", "time", "records-delivery")
CODES_AND_CARDS = ("base", "ddc", "lockout", "an10922", "ev2", "commmode", "sun")


def vectors():
    for name in ("derivations", "objects", "hello", "advertisement", "full", "fast", "records", "claim", *CODES_AND_CARDS):
        for vector in load(name)["vectors"]:
            yield name, vector["kind"], vector
    for name in ("update-rows", "update-parcels", "update-proofs", "hpke", "sync", *DELIVERY):
        for vector in load(name)["vectors"]:
            yield name, vector["kind"], vector
    for vector in load("noise")["vectors"]:
        if vector["protocol_name"] == full.IK:
            yield "noise", "published", vector
    frame, schedule = load("frame"), load("schedule")
    for kind in ("fragment", "reassemble"):
        for vector in frame[kind]:
            yield "frame", kind, vector
    for group, kind in (("windows", "window"), ("schedules", "schedule"), ("tables", "zone-table")):
        for vector in schedule[group]:
            yield "schedule", kind, vector
    tables = {name: frames.read_all(messages.read_zone, comparing.raw(zone, "bytes")) for name, zone in schedule["zones"].items()}
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
