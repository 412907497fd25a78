"""Section 1.4: the primitives, KDF, HASH and labelled signatures."""

import hashlib
import hmac

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from . import Refused

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P


def labelled(label, message):
    return bytes([len(label)]) + label.encode("ascii") + message


def hmac_sha256(key, message):
    return hmac.new(key, message, hashlib.sha256).digest()


def kdf(key, label, message, length=32):
    return hmac_sha256(key, labelled(label, message))[:length]


def hash_(label, message, length=32):
    return hashlib.sha256(labelled(label, message)).digest()[:length]


def xor(left, right):
    assert len(left) == len(right)
    return bytes(a ^ b for a, b in zip(left, right))


def x25519_public(secret):
    return X25519PrivateKey.from_private_bytes(secret).public_key().public_bytes_raw()


def x25519(secret, public):
    try:
        # The library itself refuses an all-zero result.
        return X25519PrivateKey.from_private_bytes(secret).exchange(X25519PublicKey.from_public_bytes(public))
    except ValueError:
        raise Refused("all-zero X25519") from None


def seal(key, nonce, associated, message):
    return AESGCM(key).encrypt(nonce, message, associated)


def open_(key, nonce, associated, sealed):
    if len(sealed) < 16:
        raise Refused("shorter than a tag")
    try:
        return AESGCM(key).decrypt(nonce, sealed, associated)
    except InvalidTag:
        raise Refused("tag") from None


def sign(secret, label, body):
    return Ed25519PrivateKey.from_private_bytes(secret).sign(labelled(label, body))


def ed25519_public(secret):
    return Ed25519PrivateKey.from_private_bytes(secret).public_key().public_bytes_raw()


def verify(public, label, body, signature):
    """Strict: A and R canonical and not of small order, S below L, no cofactor."""
    r, s = signature[:32], signature[32:]
    for point in (public, r):
        if is_of_small_order(decode_point(point)):
            raise Refused("small order")
    if int.from_bytes(s, "little") >= L:
        raise Refused("S not below L")
    try:
        # Computes R from S and compares its bytes.
        Ed25519PublicKey.from_public_bytes(public).verify(signature, labelled(label, body))
    except InvalidSignature:
        raise Refused("signature") from None


def decode_point(encoded):
    """RFC 8032, 5.1.3."""
    y = int.from_bytes(encoded, "little")
    sign_of_x, y = y >> 255, y & (2**255 - 1)
    if y >= P:
        raise Refused("not canonical")
    u, v = (y * y - 1) % P, (D * y * y + 1) % P
    x = u * pow(v, 3, P) * pow(u * pow(v, 7, P), (P - 5) // 8, P) % P
    if v * x * x % P != u:
        x = x * pow(2, (P - 1) // 4, P) % P
    if v * x * x % P != u or (x == 0 and sign_of_x):
        raise Refused("no point")
    return (P - x if x & 1 != sign_of_x else x), y


def is_of_small_order(point):
    for _ in range(3):
        point = double(point)
    return point == (0, 1)


def double(point):
    x, y = point
    xx, yy = x * x % P, y * y % P
    product = D * xx * yy % P
    return 2 * x * y * pow(1 + product, -1, P) % P, (yy + xx) * pow(1 - product, -1, P) % P
