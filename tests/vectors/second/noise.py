"""Noise revision 34: the two patterns of sections 5.1 and 9.3, either side."""

import hashlib

from . import Refused
from .primitives import hmac_sha256, open_, seal, x25519, x25519_public

# Tokens of the messages, and whether the responder's static key is known before.
PATTERNS = {
    "Noise_IK_25519_AESGCM_SHA256": (["e", "es", "s", "ss"], ["e", "ee", "se"], True),
    "Noise_NNpsk0_25519_AESGCM_SHA256": (["psk", "e"], ["e", "ee"], False),
}


def hkdf(chaining_key, material, count):
    temporary, outputs, last = hmac_sha256(chaining_key, material), [], b""
    for index in range(1, count + 1):
        last = hmac_sha256(temporary, last + bytes([index]))
        outputs.append(last)
    return outputs


class Handshake:
    def __init__(self, name, initiator, prologue, ephemeral, static=None, remote_static=None, psk=None):
        self.first, self.second, known = PATTERNS[name]
        self.initiator, self.psk = initiator, psk
        self.e, self.s = ephemeral, static
        self.re, self.rs = None, remote_static
        encoded = name.encode("ascii")
        self.h = encoded.ljust(32, b"\x00") if len(encoded) <= 32 else hashlib.sha256(encoded).digest()
        self.ck, self.k, self.n = self.h, None, 0
        self.mix_hash(prologue)
        self.h_after_prologue = self.h
        if known:
            self.mix_hash(remote_static if initiator else x25519_public(static))
        self.h_after_pre_message = self.h

    def mix_hash(self, data):
        self.h = hashlib.sha256(self.h + data).digest()

    def mix_key(self, material):
        self.ck, self.k = hkdf(self.ck, material, 2)
        self.n = 0

    def mix_key_and_hash(self, material):
        self.ck, hashed, key = hkdf(self.ck, material, 3)
        self.mix_hash(hashed)
        self.k, self.n = key, 0

    def nonce(self):
        self.n += 1
        return bytes(4) + (self.n - 1).to_bytes(8, "big")

    def encrypt(self, plaintext):
        ciphertext = plaintext if self.k is None else seal(self.k, self.nonce(), self.h, plaintext)
        self.mix_hash(ciphertext)
        return ciphertext

    def decrypt(self, ciphertext):
        plaintext = ciphertext if self.k is None else open_(self.k, self.nonce(), self.h, ciphertext)
        self.mix_hash(ciphertext)
        return plaintext

    def mix_dh(self, token):
        """The first letter is the initiator's key, the second the responder's."""
        mine, theirs = token if self.initiator else token[::-1]
        secret = self.e if mine == "e" else self.s
        self.mix_key(x25519(secret, self.re if theirs == "e" else self.rs))

    def mix_ephemeral(self, public):
        self.mix_hash(public)
        if self.psk is not None:
            self.mix_key(public)

    def write(self, payload):
        message = b""
        for token in self.first if self.initiator else self.second:
            if token == "e":
                message += x25519_public(self.e)
                self.mix_ephemeral(message[-32:])
            elif token == "s":
                message += self.encrypt(x25519_public(self.s))
            elif token == "psk":
                self.mix_key_and_hash(self.psk)
            else:
                self.mix_dh(token)
        return message + self.encrypt(payload)

    def read(self, message):
        for token in self.second if self.initiator else self.first:
            if token == "e":
                self.re, message = exactly(message, 32)
                self.mix_ephemeral(self.re)
            elif token == "s":
                encrypted, message = exactly(message, 48)
                self.rs = self.decrypt(encrypted)
            elif token == "psk":
                self.mix_key_and_hash(self.psk)
            else:
                self.mix_dh(token)
        return self.decrypt(message)

    def split(self):
        return hkdf(self.ck, b"", 2)


def exactly(message, count):
    if len(message) < count:
        raise Refused("message too short")
    return message[:count], message[count:]
