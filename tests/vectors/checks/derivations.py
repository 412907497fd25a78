"""derivations.json: encodings, primitives, derivations."""

from second import encoding, primitives

from .comparing import must_refuse, raw, same


def check_encoding(vector):
    data = raw(vector, "bytes")
    if vector["value"] is None:
        must_refuse("encoding", encoding.number, vector["type"], data)
        return
    same(encoding.number(vector["type"], data), vector["value"], "value")
    encode = encoding.zigzag if vector["type"] == "i32" else encoding.varint
    same(encode(vector["value"]), data, "bytes")


def check_x25519(vector):
    secret, public = raw(vector, "secret", "public")
    if vector["shared"] is None:
        must_refuse("X25519", primitives.x25519, secret, public)
        return
    same(primitives.x25519(secret, public), raw(vector, "shared"), "shared")


def check_signature(vector):
    secret, public, message, signature = raw(vector, "secret", "public", "message", "signature")
    same(primitives.ed25519_public(secret), public, "public")
    same(primitives.labelled(vector["label"], message), raw(vector, "signed"), "signed")
    same(primitives.sign(secret, vector["label"], message), signature, "signature")
    primitives.verify(public, vector["label"], message, signature)


def check_seal(vector):
    key, nonce, associated, message, sealed = raw(vector, "key", "nonce", "associated", "message", "sealed")
    same(primitives.seal(key, nonce, associated, message), sealed, "sealed")
    same(primitives.open_(key, nonce, associated, sealed), message, "message")


def check_hash(vector):
    message, output, result = raw(vector, "message", "output", "result")
    same(primitives.labelled(vector["label"], message), raw(vector, "input"), "input")
    same(primitives.hash_(vector["label"], message), output, "output")
    same(output[: len(result)], result, "result")


def check_kdf(vector):
    key, message, output, result = raw(vector, "key", "message", "output", "result")
    same(primitives.labelled(vector["label"], message), raw(vector, "input"), "input")
    same(primitives.kdf(key, vector["label"], message), output, "output")
    same(output[: len(result)], result, "result")


CHECKS = {
    "encoding": check_encoding,
    "x25519": check_x25519,
    "signature": check_signature,
    "seal": check_seal,
    "hash": check_hash,
    "kdf": check_kdf,
}
