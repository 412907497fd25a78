"""base.json, ddc.json and lockout.json."""

import hmac

from second import Refused, cards, codes

from .comparing import raw, same


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


CHECKS = {
    "cmac": check_cmac,
    "hotp": check_hotp,
    "totp": check_totp,
    "weak-code": check_weak_code,
    "local-day": check_local_day,
    "daily-key": check_daily_key,
    "daily-code": check_daily_code,
    "lockout": check_lockout,
}
