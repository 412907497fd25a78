"""Section 1.2: structures to bytes and back."""

from . import Refused

WIDTHS = {"u16": 16, "u32": 32, "u64": 64}
LAST_INSTANT = 2**40 - 1


def varint(value):
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def zigzag(value):
    return varint(((value << 1) ^ (value >> 31)) & 0xFFFFFFFF)


def sized(content):
    return varint(len(content)) + content


def option(value, encode):
    return b"\x00" if value is None else b"\x01" + encode(value)


class Reader:
    """Takes fields in their order; `end` refuses what is left."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, count):
        if self.at + count > len(self.data):
            raise Refused("too short")
        self.at += count
        return self.data[self.at - count : self.at]

    def u8(self):
        return self.take(1)[0]

    def unsigned(self, kind):
        start, value, shift = self.at, 0, 0
        while True:
            byte = self.u8()
            value |= (byte & 0x7F) << shift
            shift += 7
            if not byte & 0x80:
                break
            if shift > 63:
                raise Refused("varint without end")
        if value >> WIDTHS[kind]:
            raise Refused("too large")
        if varint(value) != self.data[start : self.at]:
            raise Refused("overlong varint")
        return value

    def i32(self):
        value = self.unsigned("u32")
        return (value >> 1) ^ -(value & 1)

    def instant(self):
        value = self.unsigned("u64")
        if value > LAST_INSTANT:
            raise Refused("instant")
        return value

    def bytes(self, longest):
        count = self.unsigned("u32")
        if count > longest:
            raise Refused("too long")
        return self.take(count)

    def list(self, longest, element):
        count = self.unsigned("u32")
        if count > longest:
            raise Refused("too many")
        return [element() for _ in range(count)]

    def option(self, value):
        flag = self.u8()
        if flag > 1:
            raise Refused("option")
        return value() if flag else None

    def end(self):
        if self.at != len(self.data):
            raise Refused("trailing bytes")


def number(kind, data):
    """One number alone, as a vector of section 1.2 has it."""
    reader = Reader(data)
    value = reader.i32() if kind == "i32" else reader.unsigned(kind)
    reader.end()
    return value
