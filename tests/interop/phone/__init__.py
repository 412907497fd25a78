"""A phone for a door, written from docs/spec alone, with a public Noise library and a public Bluetooth one."""

import sys
from pathlib import Path

# The message formats, which the vectors check too: `second`.
sys.path.append(str(Path(__file__).resolve().parents[2] / "vectors"))


class Wrong(Exception):
    """The door did something else than the specification says."""


class Silence(Exception):
    """Nothing came in the time that was given."""


class Ended(Exception):
    """The door ended the connection, or it was lost."""
