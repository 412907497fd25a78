"""One connection to a door, whatever carries it."""

import asyncio

from . import Ended, Silence

SERVICE = "ee9bef19-0df5-56a7-a426-53a62ce8ada5"
TX = "a4ff89d8-4481-5a77-b840-16ae5a920f45"
RX = "4de201b6-70bc-5bf5-a1b7-5a174e0c974a"


class Link:
    """What comes from the door waits here; the carrier adds `subscribe`, `write` and `close`."""

    def __init__(self, mtu):
        self.mtu = mtu
        self._waiting = asyncio.Queue()

    def came(self, frame):
        """The carrier heard a notification."""
        self._waiting.put_nowait(bytes(frame))

    def ended(self):
        """The carrier lost the connection."""
        self._waiting.put_nowait(None)

    async def frame(self, seconds):
        """The next notification: `Silence` when none comes in time, `Ended` when none will come."""
        try:
            frame = await asyncio.wait_for(self._waiting.get(), seconds)
        except asyncio.TimeoutError:
            raise Silence(f"no frame within {seconds} s") from None
        if frame is None:
            self._waiting.put_nowait(None)
            raise Ended("the door ended the connection")
        return frame
