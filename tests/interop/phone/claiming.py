"""Section 9: the installer makes a factory-fresh door a property's."""

from second import messages

from . import Wrong
from .authority import Authority
from .connection import CLAIM_ANSWER, CLAIM_REQUEST, arrive, is_factory_fresh, name
from .noise_handshake import Handshake
from .session import CLAIM_CONFIRM, CLAIMED, Session


def claim_request(hello, psk, tag_key, payload):
    """The handshake, and the payload of the message (section 9.3)."""
    handshake = Handshake.claim(hello, psk)
    message = handshake.write(payload)
    return handshake, messages.gate(tag_key, hello, message) + message


async def claim(radio, vault, secret):
    """The door is the property's afterwards, and the phone holds its credential."""
    psk, tag_key = messages.claim_keys(secret)
    authority = Authority.founded(vault)
    connection, hello = await arrive(radio, tag_key)
    if not is_factory_fresh(hello):
        raise Wrong("a door that advertises under its claim tag key does not say that it is factory-fresh")
    payload = messages.encode_configuration(authority.configuration())
    handshake, request = claim_request(hello, psk, tag_key, payload)
    await connection.send(CLAIM_REQUEST, request)
    code, answer = await connection.message()
    if code != CLAIM_ANSWER:
        raise Wrong(f"a claim answer was awaited, and {name(code)} {answer.hex()} came")
    door_keys = handshake.read(answer)
    if len(door_keys) != 96:
        raise Wrong(f"the claim answer has {len(door_keys)} bytes: three keys are 96")
    # Kept before the door keeps it: a claimed door without its keys would be lost. The label's secret, for whoever claims again.
    vault.keep(door_keys=door_keys, claim_secret=secret)
    session = Session(connection, handshake.session_secret("claim-session"))
    await session.send(bytes([CLAIM_CONFIRM]))
    await session.awaited(CLAIMED)
    await connection.close()
    vault.keep(certificate=authority.certificate(), grant=authority.grant(vault.phone().id))
    print(f"claimed: door {vault['door'].hex()} of property {vault['property'].hex()}")
