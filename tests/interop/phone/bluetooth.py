"""A Bluetooth adapter of this machine, through bleak."""

import asyncio

from bleak import BleakClient, BleakScanner
from bleak.exc import BleakError

from second import Refused, messages

from . import Ended, Silence
from .link import RX, SERVICE, TX, Link


class Bluetooth:
    """The adapter of this name; one connection at a time."""

    carries_empty_values = True
    # The system makes one connection to a door.
    carries_many = False
    # A link may fail for reasons of the air, and a slow machine may miss what takes 3 s.
    attempts = 3

    def __init__(self, adapter):
        self.adapter = {"adapter": adapter}
        self._found = None

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        pass

    async def find(self, tag_key, seconds=20):
        """The plain hint of the door that advertises under this key (section 4.2); the next connection goes to it."""
        found = asyncio.get_running_loop().create_future()

        def detected(device, advertisement):
            try:
                hint = messages.resolve(tag_key, advertisement.service_data.get(SERVICE, b""))
            except Refused:
                return
            if not found.done():
                found.set_result((device, hint))

        async with BleakScanner(detected, service_uuids=[SERVICE], bluez=self.adapter):
            try:
                self._found, hint = await asyncio.wait_for(found, seconds)
            except asyncio.TimeoutError:
                raise Silence(f"no door advertised under this tag key within {seconds} s") from None
        return hint

    async def connect(self):
        for left in reversed(range(self.attempts)):
            link = BluetoothLink()
            client = BleakClient(self._found, lambda _, link=link: link.ended(), [SERVICE], bluez=self.adapter)
            try:
                await client.connect()
                link.over(client)
                return link
            except (BleakError, asyncio.TimeoutError) as error:
                if not left:
                    raise Ended(f"no connection in {self.attempts} tries: {error}") from error


class BluetoothLink(Link):
    def __init__(self):
        super().__init__(23)

    def over(self, client):
        receiver = client.services.get_characteristic(RX)
        if receiver is None:
            # BlueZ has handed out a connection that it was about to end, without its services.
            raise BleakError("the connection ended while its services were asked for")
        self._client = client
        # Three bytes of a packet are ATT's.
        self.mtu = receiver.max_write_without_response_size + 3

    async def subscribe(self):
        await self._tell(self._client.start_notify(TX, lambda _, frame: self.came(frame)))

    async def write(self, frame):
        await self._tell(self._client.write_gatt_char(RX, frame, response=False))

    async def close(self):
        try:
            await self._client.disconnect()
        except (BleakError, asyncio.TimeoutError):
            # It has ended by itself, and BlueZ may not have told.
            pass

    async def _tell(self, asked):
        try:
            await asked
        except BleakError as error:
            raise Ended(f"the connection was lost: {error}") from error
