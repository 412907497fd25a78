"""hello.json and advertisement.json."""

from second import messages, primitives

from .comparing import must_refuse, raw, same


def check_hello(vector):
    key, random, nonce, tag_key, hello = raw(vector, "nonce_key", "random", "nonce", "tag_key", "hello")
    message = vector["leap_counter"].to_bytes(8, "big") + random
    same(primitives.kdf(key, messages.LABEL + "hello-nonce", message, 12), nonce, "nonce")
    same(messages.make_hello(vector["factory_fresh"], nonce, tag_key), hello, "hello")
    same(hello[16:], raw(vector, "name_bytes"), "name_bytes")
    same(messages.read_hello(hello, tag_key), "named", "reading")


def check_hello_read(vector):
    hello, tag_key = raw(vector, "hello", "tag_key")
    same(messages.read_hello(hello, tag_key), vector["reading"], "reading")


def check_advertisement(vector):
    tag_key, salt, plain, data = raw(vector, "tag_key", "salt", "plain_hint", "service_data")
    flags = sum(vector[name] << bit for bit, name in enumerate(("clock_unsure", "logs_waiting", "battery_low")))
    same((vector["list_version"] % 2**16).to_bytes(2, "big") + bytes([flags]), plain, "plain_hint")
    same(messages.advertisement(tag_key, salt, plain), data, "service_data")
    same(data[5:10], raw(vector, "tag"), "tag")
    same(primitives.xor(data[10:], plain), raw(vector, "hint_mask"), "hint_mask")
    same(messages.resolve(tag_key, data), plain, "resolved hint")


def check_advertisement_unresolved(vector):
    must_refuse("advertisement", messages.resolve, *raw(vector, "tag_key", "service_data"))


CHECKS = {
    "hello": check_hello,
    "hello-read": check_hello_read,
    "advertisement": check_advertisement,
    "advertisement-unresolved": check_advertisement_unresolved,
}
