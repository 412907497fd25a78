"""Sections 1.4 and 2.3: key pairs, and who a phone is."""

import os
from dataclasses import dataclass

from second.objects import phone_id
from second.primitives import ed25519_public, x25519_public


@dataclass(frozen=True)
class PhoneKeys:
    """The session key pair (X25519) and the signing key pair (Ed25519), by their 32 secret bytes."""

    session_secret: bytes
    signing_secret: bytes

    @classmethod
    def new(cls):
        return cls(os.urandom(32), os.urandom(32))

    @property
    def session(self):
        return x25519_public(self.session_secret)

    @property
    def signing(self):
        return ed25519_public(self.signing_secret)

    @property
    def id(self):
        return phone_id(self.session, self.signing)
