"""Sections 2 and 3: the property's side. It names a door, and signs its certificate, grants and shares."""

import os
import time

from second import objects
from second.primitives import ed25519_public, x25519_public

GENERATION = 1
RELOCK_SECONDS = 3
LIST_VERSION = 1_000
# East of UTC, so that local time is something else than the door's own.
ZONE = 3_600
RESIDENCE = 1
UNLOCK, MAY_SHARE, COURIER, CLOCK, STAFF = (1 << bit for bit in range(5))
DAY = 86_400
EVERY_SERIAL = 2**32 - 1

SECRETS = ("root_secret", "signing_secret", "sealing_secret")
NAMES = ("property", "door", "denied_holder", "denied_share")


class Authority:
    """Everything of one property with one door, from a vault."""

    def __init__(self, vault):
        self.vault = vault

    @classmethod
    def founded(cls, vault):
        """New keys and names; the tag key of the door to come (section 2.5)."""
        made = {name: os.urandom(32) for name in SECRETS} | {name: os.urandom(8) for name in NAMES}
        vault.keep(**made, tag_key=os.urandom(16))
        return cls(vault)

    def configuration(self):
        """Section 9.4. Two of its deny entries are for probing."""
        vault = self.vault
        deny = [
            {"subject": 0, "id": vault["denied_holder"].hex(), "void_before": EVERY_SERIAL},
            {"subject": 2, "id": vault["denied_share"].hex(), "void_before": EVERY_SERIAL},
        ]
        return {
            "property": vault["property"].hex(),
            "generation": GENERATION,
            "root_key": ed25519_public(vault["root_secret"]).hex(),
            "signing_key": ed25519_public(vault["signing_secret"]).hex(),
            "sealing_key": x25519_public(vault["sealing_secret"]).hex(),
            "door": vault["door"].hex(),
            "tag_key": vault["tag_key"].hex(),
            "kind": RESIDENCE,
            "relock_seconds": RELOCK_SECONDS,
            "now": int(time.time()),
            "list_version": LIST_VERSION,
            "zone": {"initial": ZONE, "transitions": []},
            "deny": deny,
        }

    def door_keys(self):
        """Session, sealing and receipt key."""
        keys = self.vault["door_keys"]
        return keys[:32], keys[32:64], keys[64:]

    def certificate(self):
        session, sealing, receipt = self.door_keys()
        fields = {
            "version": 1, "property": self.vault["property"].hex(), "generation": GENERATION,
            "door": self.vault["door"].hex(), "session_key": session.hex(), "sealing_key": sealing.hex(),
            "receipt_key": receipt.hex(), "issued": int(time.time()),
        }  # fmt: skip
        return self._signed("certificate", fields)

    def grant(self, phone, /, signed_by="signing_secret", **other):
        """For this phone id, all day and night, with every field that is named changed."""
        now = int(time.time())
        fields = {
            "version": 1, "property": self.vault["property"].hex(), "generation": GENERATION,
            "door": self.vault["door"].hex(), "door_key": objects.door_key_id(*self.door_keys()).hex(),
            "phone": phone.hex(), "holder": bytes(8).hex(), "serial": 1_000, "lease_end": now + 7 * DAY,
            "roles": UNLOCK | MAY_SHARE, "min_list_version": 0, "not_before": now - DAY, "not_after": None,
            "schedule": None,
        }  # fmt: skip
        return self._signed("grant", fields | other, signed_by)

    def share(self, guest, granter, /, **other):
        """The share chain of section 3.7: `granter` lends the grant above to the phone id `guest`."""
        fields = {
            "version": 1, "door": self.vault["door"].hex(),
            "door_key": objects.door_key_id(*self.door_keys()).hex(), "generation": GENERATION,
            "granter_serial": 1_000, "guest": guest.hex(), "share_id": os.urandom(8).hex(),
            "not_before": int(time.time()) - DAY, "not_after": None, "schedule": None,
        }  # fmt: skip
        body, signature = objects.make_signed("share", granter.signing_secret, fields | other)
        keys = {"granter_session_key": granter.session.hex(), "granter_signing_key": granter.signing.hex()}
        return keys | {"share": (body + signature).hex()}

    def _signed(self, kind, fields, signed_by="signing_secret"):
        body, signature = objects.make_signed(kind, self.vault[signed_by], fields)
        return body + signature


def days_from_now(count):
    """A whole day's window, that many days after the door's today (section 3.6)."""
    weekday = (int(time.time()) + ZONE) // DAY + 3  # 1970 began on a Thursday.
    return (bytes([1 << (weekday + count) % 7]) + (1_440).to_bytes(3, "big")).hex()
