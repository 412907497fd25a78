"""What the phone keeps between two starts, in one file of JSON, bytes in hexadecimal digits."""

import json
import os
from pathlib import Path

from .keys import PhoneKeys


class Vault:
    """The installer's, the authority's and the phone's memory: one person plays all three. Without a path it keeps nothing."""

    def __init__(self, path):
        self.path = Path(path) if path else None
        self.fields = json.loads(self.path.read_text()) if path and self.path.exists() else {}

    def __getitem__(self, name):
        """Bytes that must be there."""
        if name not in self.fields:
            raise SystemExit(f"{self.path} has no {name}: claim a door with it first")
        return bytes.fromhex(self.fields[name])

    def __contains__(self, name):
        return name in self.fields

    def keep(self, **named):
        """Before anything that depends on it leaves the phone (section 8.3)."""
        self.fields |= {name: value.hex() if isinstance(value, bytes) else value for name, value in named.items()}
        if not self.path:
            return
        partial = self.path.with_suffix(".partial")
        partial.write_text(json.dumps(self.fields, indent=1) + "\n")
        os.replace(partial, self.path)

    def phone(self):
        """The phone's keys, made at the first use."""
        if "phone_session_secret" not in self:
            new = PhoneKeys.new()
            self.keep(phone_session_secret=new.session_secret, phone_signing_secret=new.signing_secret)
        return PhoneKeys(self["phone_session_secret"], self["phone_signing_secret"])

    # Section 6.2: the ticket and its counters.

    def keep_ticket(self, ticket):
        self.keep(ticket=ticket, press=0, attempt=0)

    def reserve_press(self):
        """The next intent under the ticket."""
        self.keep(press=self.fields["press"] + 1, attempt=0)
        return self.fields["press"]

    def reserve_attempt(self):
        self.keep(attempt=self.fields["attempt"] + 1)
        return self.fields["attempt"]
