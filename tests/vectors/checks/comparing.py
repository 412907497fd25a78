"""Comparing what was computed with what a vector says."""

from second import Refused


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
