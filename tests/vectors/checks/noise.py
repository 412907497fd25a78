"""noise.json: the published vectors of the pattern that needs no extension."""

from second import noise, primitives

from .comparing import raw, same


def check_published(vector):
    remote = primitives.x25519_public(raw(vector, "resp_static"))
    same(raw(vector, "init_remote_static"), remote, "init_remote_static")
    name = vector["protocol_name"]
    sides = [
        noise.Handshake(name, True, *raw(vector, "init_prologue", "init_ephemeral", "init_static"), remote),
        noise.Handshake(name, False, *raw(vector, "resp_prologue", "resp_ephemeral", "resp_static")),
    ]
    for index, message in enumerate(vector["messages"]):
        payload, ciphertext = raw(message, "payload", "ciphertext")
        if index < 2:
            same(sides[index].write(payload), ciphertext, "handshake message")
            same(sides[1 - index].read(ciphertext), payload, "payload")
        else:
            key, nonce = sides[0].split()[index % 2], bytes(8) + (index // 2 - 1).to_bytes(4, "big")
            same(primitives.seal(key, nonce, b"", payload), ciphertext, "transport message")
    if "handshake_hash" in vector:
        same(sides[1].h, raw(vector, "handshake_hash"), "handshake_hash")


CHECKS = {
    "published": check_published,
}
