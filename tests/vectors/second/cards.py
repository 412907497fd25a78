"""Section 14.7 to 14.11: keycards."""

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.cmac import CMAC

from . import Refused
from .primitives import xor

ZERO = bytes(16)
CLASSES = {1: bytes.fromhex("015454"), 2: bytes.fromhex("025454")}


def cbc(key, initial, plain):
    encryptor = Cipher(algorithms.AES(key), modes.CBC(initial)).encryptor()
    return encryptor.update(plain) + encryptor.finalize()


def cbc_open(key, initial, sealed):
    decryptor = Cipher(algorithms.AES(key), modes.CBC(initial)).decryptor()
    return decryptor.update(sealed) + decryptor.finalize()


def cmac(key, message):
    mac = CMAC(algorithms.AES(key))
    mac.update(message)
    return mac.finalize()


def truncated(mac):
    return mac[1::2]


def doubled(block):
    number = int.from_bytes(block, "big") << 1
    if number >> 128:
        number = (number ^ 0x87) & (2**128 - 1)
    return number.to_bytes(16, "big")


def an10922_block(master, constant, data):
    assert 1 <= len(data) <= 31
    first = doubled(cbc(master, ZERO, ZERO))
    message = bytes([constant]) + data
    subkey = first if len(message) == 32 else doubled(first)
    if len(message) < 32:
        message += b"\x80" + bytes(31 - len(message))
    return cbc(master, ZERO, message[:16] + xor(message[16:], subkey))[16:]


def an10922(master, data):
    if len(master) == 16:
        return an10922_block(master, 0x01, data)
    if len(master) == 32:
        return an10922_block(master, 0x41, data) + an10922_block(master, 0x42, data)
    first, second = an10922_block(master, 0x11, data), an10922_block(master, 0x12, data)
    return first[:8] + xor(first[8:], second[:8]) + second[8:]


def turned(block):
    return block[1:] + block[:1]


def session_vectors(rnd_a, rnd_b):
    body = bytes.fromhex("00010080") + rnd_a[:2] + xor(rnd_a[2:8], rnd_b[:6]) + rnd_b[6:] + rnd_a[8:]
    return b"\xa5\x5a" + body, b"\x5a\xa5" + body


def authenticate(key, rnd_a, rnd_b, transaction):
    """What card and reader say: challenge, the reader's proof, the card's proof."""
    challenge = cbc(key, ZERO, rnd_b)
    reader = cbc(key, ZERO, rnd_a + turned(rnd_b))
    card = cbc(key, ZERO, transaction + turned(rnd_a) + bytes(12))
    return challenge, reader, card


def wrapped(instruction, data):
    return bytes([0x90, instruction, 0, 0, len(data)]) + data + b"\x00"


class Session:
    """Both ends of CommMode.Full; the counter counts commands."""

    def __init__(self, encryption, mac, transaction, counter=0):
        self.encryption, self.mac, self.transaction, self.counter = encryption, mac, transaction, counter

    def tag(self, first, counter, rest):
        head = bytes([first]) + counter.to_bytes(2, "little") + self.transaction
        return truncated(cmac(self.mac, head + rest))

    def initial(self, label, counter):
        return cbc(self.encryption, ZERO, label + self.transaction + counter.to_bytes(2, "little") + bytes(8))

    def seal(self, label, counter, plain):
        if not plain:
            return b""
        padded = plain + b"\x80" + bytes(-(len(plain) + 1) % 16)
        return cbc(self.encryption, self.initial(label, counter), padded)

    def command(self, instruction, header, data):
        sealed = self.seal(b"\xa5\x5a", self.counter, data)
        tag = self.tag(instruction, self.counter, header + sealed)
        self.counter += 1
        return wrapped(instruction, header + sealed + tag)

    def answer(self, data):
        sealed = self.seal(b"\x5a\xa5", self.counter, data)
        return sealed + self.tag(0, self.counter, sealed) + b"\x91\x00"

    def read(self, answer):
        if len(answer) < 10 or answer[-2:] != b"\x91\x00":
            raise Refused("status")
        sealed, tag = answer[:-10], answer[-10:-2]
        if self.tag(0, self.counter, sealed) != tag:
            raise Refused("MAC")
        if not sealed:
            return b""
        padded = cbc_open(self.encryption, self.initial(b"\x5a\xa5", self.counter), sealed)
        plain = padded.rstrip(b"\x00")
        if not plain.endswith(b"\x80"):
            raise Refused("padding")
        return plain[:-1]


def link_session_keys(file_key, uid, counter):
    """Of file data, and of the MAC."""
    named = bytes.fromhex("00010080") + uid + counter.to_bytes(3, "little")
    return cmac(file_key, b"\xc3\x3c" + named), cmac(file_key, b"\x3c\xc3" + named)
