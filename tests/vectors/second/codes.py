"""Section 14.1 to 14.5: doorcodes, days, daily codes, lockout."""

from . import Refused
from .civil_time import offset_at
from .primitives import hmac_sha256


def weak(code):
    digits = [int(digit) for digit in code]
    steps = {(after - before) % 10 for before, after in zip(digits, digits[1:])}
    return len(set(digits)) <= 2 or len(steps) == 1


def local_day(zone, instant):
    passed = [transition["at"] for transition in zone["transitions"] if transition["at"] <= instant]
    days = [(instant + offset_at(zone, instant)) // 86_400]
    # The last second before each change that has passed.
    days += [(at - 1 + offset_at(zone, at - 1)) // 86_400 for at in passed]
    return max(days)


def door_field(door):
    return bytes(8) + door


def door_key(master, field, generation):
    """HKDF-SHA256 with an output of one block."""
    salt = field + generation.to_bytes(4, "big")
    return salt, hmac_sha256(hmac_sha256(salt, master), b"DDC1 v1" + b"\x01")


def daily_code(key, field, day, kind, slot, epoch):
    """Retry, message and code."""
    for retry in range(256):
        message = b"DDC1" + bytes([epoch, kind, 7, retry]) + field
        message += day.to_bytes(4, "big", signed=True) + slot.to_bytes(2, "big")
        value = int.from_bytes(hmac_sha256(key, message)[:8], "big")
        code = f"{value % 10**7:07}"
        if not weak(code):
            break
    return retry, message, code


POLICIES = {"residence": (6, 600_000), "other": (10, 180_000)}


class Bucket:
    def __init__(self, most, interval, tokens=None, progress=0, updated=0):
        self.most, self.interval = most, interval
        self.tokens = most if tokens is None else tokens
        self.progress, self.updated = progress, updated

    def refill(self, at):
        passed = max(at - self.updated, 0)
        self.updated = max(self.updated, at)
        earned, rest = divmod(self.progress + passed, self.interval)
        self.tokens, self.progress = self.tokens + earned, rest
        if self.tokens >= self.most:
            self.tokens, self.progress = self.most, 0

    def take(self, at):
        self.refill(at)
        if not self.tokens:
            raise Refused("locked out")
        self.tokens -= 1

    def give_back(self, at):
        self.refill(at)
        self.tokens += 1
        if self.tokens >= self.most:
            self.tokens, self.progress = self.most, 0

    def restored(self, at):
        return Bucket(self.most, self.interval, self.tokens, self.progress, at)
