"""Section 15: what a phone and its authority exchange."""

from . import Refused
from .encoding import Reader, option, sized, varint

DOORS, CARRIED, HANDED = 1024, 512, 321
CREDENTIAL, PARCEL, ACKNOWLEDGEMENT, CERTIFICATE, BULLETIN, TIME = 896, 1_289_382, 127, 224, 6268, 93
STATEMENTS = (244, 2229, 6268)


def listed(elements, encode):
    return varint(len(elements)) + b"".join(encode(element) for element in elements)


def content(text):
    return sized(bytes.fromhex(text))


def make_request(fields):
    handed = listed(
        fields["handed"], lambda one: varint(one["number"]) + varint(one["kind"]) + content(one["content"])
    )
    return (
        varint(fields["version"]) + bytes.fromhex(fields["phone"]) + varint(fields["since"]) + varint(fields["room"])
        + listed(fields["carries"], bytes.fromhex) + handed
    )


def read_request(data):
    reader = Reader(data)
    if reader.u8() != 1:
        raise Refused("version")

    def statement():
        number, kind = reader.unsigned("u64"), reader.u8()
        if kind >= len(STATEMENTS):
            raise Refused("statement")
        return {"number": number, "kind": kind, "content": some(reader, STATEMENTS[kind])}

    fields = {
        "version": 1,
        "phone": reader.take(16).hex(),
        "since": reader.unsigned("u64"),
        "room": reader.unsigned("u32"),
        "carries": reader.list(CARRIED, lambda: reader.take(8).hex()),
        "handed": reader.list(HANDED, statement),
    }
    reader.end()
    return fields


def make_answer(fields):
    keys = fields["property"]
    parts = [
        varint(fields["version"]) + varint(fields["cursor"]) + bytes([fields["more"]]),
        listed(fields["taken"], varint),
        bytes.fromhex(keys["property"]) + varint(keys["generation"]),
        *(bytes.fromhex(keys[name]) for name in ("root_key", "signing_key", "sealing_key")),
        option(fields["rotation"], content),
        option(fields["bulletin"], content),
        content(fields["time"]),
        listed(fields["doors"], bytes.fromhex),
        *(listed(fields[name], content) for name in ("credentials", "parcels", "acknowledgements")),
    ]
    return b"".join(parts)


def read_answer(data):
    reader = Reader(data)
    if reader.u8() != 1:
        raise Refused("version")
    fields = {"version": 1, "cursor": reader.unsigned("u64"), "more": reader.option(lambda: True) is not None}
    fields["taken"] = reader.list(HANDED, lambda: reader.unsigned("u64"))
    fields["property"] = {
        "property": reader.take(8).hex(),
        "generation": reader.unsigned("u32"),
        **{name: reader.take(32).hex() for name in ("root_key", "signing_key", "sealing_key")},
    }
    fields["rotation"] = reader.option(lambda: some(reader, CERTIFICATE))
    fields["bulletin"] = reader.option(lambda: some(reader, BULLETIN))
    fields["time"] = some(reader, TIME)
    fields["doors"] = reader.list(DOORS, lambda: reader.take(8).hex())
    fields["credentials"] = reader.list(DOORS, lambda: some(reader, CREDENTIAL))
    fields["parcels"] = reader.list(CARRIED, lambda: some(reader, PARCEL))
    fields["acknowledgements"] = reader.list(DOORS, lambda: some(reader, ACKNOWLEDGEMENT))
    reader.end()
    return fields


def some(reader, longest):
    data = reader.bytes(longest)
    if not data:
        raise Refused("empty")
    return data.hex()
