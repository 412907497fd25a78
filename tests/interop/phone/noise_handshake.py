"""Sections 5.1 and 9.3 with a public Noise library (noiseprotocol), from the initiator's side."""

from cryptography.exceptions import InvalidTag
from noise.connection import Keypair, NoiseConnection
from noise.exceptions import NoiseInvalidMessage

from second.messages import LABEL
from second.primitives import kdf

from . import Wrong


class Handshake:
    """One message out, one message in, then the session secret."""

    def __init__(self, pattern, prologue):
        self._noise = NoiseConnection.from_name(f"Noise_{pattern}_25519_AESGCM_SHA256".encode())
        self._noise.set_as_initiator()
        self._noise.set_prologue(prologue)

    @classmethod
    def full(cls, hello, session_secret, door_session_key):
        """Section 5: this phone's static key, and the door's from its certificate."""
        handshake = cls("IK", (LABEL + "prologue").encode() + hello)
        handshake._noise.set_keypair_from_private_bytes(Keypair.STATIC, session_secret)
        handshake._noise.set_keypair_from_public_bytes(Keypair.REMOTE_STATIC, door_session_key)
        return handshake

    @classmethod
    def claim(cls, hello, psk):
        """Section 9.3."""
        handshake = cls("NNpsk0", (LABEL + "claim-prologue").encode() + hello)
        handshake._noise.set_psks(psk=psk)
        return handshake

    def write(self, payload):
        self._noise.start_handshake()
        return bytes(self._noise.write_message(payload))

    def read(self, message):
        try:
            return bytes(self._noise.read_message(message))
        except (InvalidTag, NoiseInvalidMessage):
            raise Wrong("the door's answer is not authentic") from None

    def session_secret(self, label):
        """Section 5.6."""
        protocol = self._noise.noise_protocol
        keys = protocol.cipher_state_encrypt.k + protocol.cipher_state_decrypt.k
        return kdf(self._noise.get_handshake_hash(), LABEL + label, keys)
