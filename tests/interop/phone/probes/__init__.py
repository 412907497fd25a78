"""Frames that the specification names as malformed, out of order or refused: for each, what it promises."""

# Their cases, in this order.
from . import framing, full, hellos, shares, fast, records, claims, handshakes  # noqa: E402, F401
