"""The virtual radio: GATT as messages over a socket (`examples/virtual-radio`)."""

import asyncio

from second import Refused, messages

from . import Silence
from .link import Link

CONNECTED, DISCONNECTED, SUBSCRIBED, MTU, WRITTEN, SENT = range(1, 7)
ADVERTISE, NOTIFY, DISCONNECT = 0x81, 0x82, 0x83


class VirtualRadio:
    """A radio of its own, with as many connections as it likes."""

    # No value of this pipe is empty.
    carries_empty_values = False
    carries_many = True
    # Nothing is lost here.
    attempts = 1

    def __init__(self, address, mtu):
        self.host, _, self.port = address.rpartition(":")
        self.mtu = mtu
        self._service_data, self._heard = None, asyncio.Event()
        self._links, self._next = {}, 0

    async def __aenter__(self):
        self._reader, self._writer = await asyncio.open_connection(self.host, int(self.port))
        self._listening = asyncio.create_task(self._listen())
        return self

    async def __aexit__(self, *_):
        self._listening.cancel()
        self._writer.close()

    async def find(self, tag_key, seconds=10):
        """The plain hint of the door that advertises under this key (section 4.2)."""
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        while True:
            self._heard.clear()
            try:
                return messages.resolve(tag_key, self._service_data or b"")
            except Refused:
                pass
            try:
                await asyncio.wait_for(self._heard.wait(), until - loop.time())
            except asyncio.TimeoutError:
                raise Silence(f"no door advertised under this tag key within {seconds} s") from None

    async def connect(self):
        """To the only door that there is."""
        self._next += 1
        link = VirtualLink(self, self._next, self.mtu)
        self._links[link.number] = link
        await self.say(CONNECTED, link.number)
        await self.say(MTU, link.number, self.mtu.to_bytes(2, "big"))
        return link

    async def say(self, kind, number, body=b""):
        head = (3 + len(body)).to_bytes(2, "big") + bytes([kind]) + number.to_bytes(2, "big")
        self._writer.write(head + body)
        await self._writer.drain()

    def forget(self, link):
        self._links.pop(link.number, None)

    async def _listen(self):
        try:
            while True:
                length = int.from_bytes(await self._reader.readexactly(2), "big")
                message = await self._reader.readexactly(length)
                await self._hear(message[0], int.from_bytes(message[1:3], "big"), message[3:])
        except asyncio.IncompleteReadError:
            # The door is gone.
            for link in self._links.values():
                link.ended()

    async def _hear(self, kind, number, body):
        link = self._links.get(number)
        if kind == ADVERTISE:
            self._service_data = body[1:]
            self._heard.set()
        elif kind == NOTIFY and link:
            link.came(body)
            await self.say(SENT, number)
        elif kind == DISCONNECT and link:
            self.forget(link)
            link.ended()


class VirtualLink(Link):
    def __init__(self, radio, number, mtu):
        super().__init__(mtu)
        self.radio, self.number = radio, number

    async def subscribe(self):
        await self.radio.say(SUBSCRIBED, self.number)

    async def write(self, frame):
        await self.radio.say(WRITTEN, self.number, frame)

    async def close(self):
        self.radio.forget(self)
        await self.radio.say(DISCONNECTED, self.number)
