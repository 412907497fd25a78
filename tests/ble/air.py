"""The air: virtual Bluetooth controllers that hear each other, one for each transport that is named.

    air.py unix-server:PATH…

`INTERVAL_MS` in the environment paces data like a connection interval, with `PACKETS` packets in each direction at a time: a
host that meets no pace loses notifications in its own buffers, as no radio would make it.
"""

import asyncio
import os
import sys

from bumble import hci, ll
from bumble.controller import Controller, LegacyAdvertiser
from bumble.core import PhysicalTransport
from bumble.hci import LeFeatureMask
from bumble.link import LocalLink
from bumble.transport import open_transport

# The shortest interval that Apple allows. Slow enough that what is measured is the air, also where the emulated processor is slow.
INTERVAL = float(os.environ.get("INTERVAL_MS", "15")) / 1_000
PACKETS = int(os.environ.get("PACKETS", "4"))
# Seconds between two advertisements, whatever the host asks for: bumble reads its unit of 0.625 ms as one of 1 ms.
ADVERTISING = 0.05
SIGNAL_DBM = -50
# Bytes of one packet of data, and how it says whether it begins a message.
ACL_LENGTH = 251
CONTINUES, BEGINS = 1, 2


def fragments(data):
    """A message in packets."""
    return [data[at : at + ACL_LENGTH] for at in range(0, len(data), ACL_LENGTH)]


class Air(LocalLink):
    """Carries data under the address that the connection was made with, in connection events."""

    def __init__(self):
        super().__init__()
        self._slots = {}

    def send_acl_data(self, sender, destination, transport, data):
        connection = sender.le_connections.get(destination) if transport == PhysicalTransport.LE else None
        if connection is None:
            super().send_acl_data(sender, destination, transport, data)
            return
        receiver = self.find_le_controller(destination)
        if receiver is None:
            return
        loop = asyncio.get_running_loop()
        for _ in fragments(data):
            when = self._next_slot((sender, destination), loop.time())
        loop.call_at(when, receiver.on_link_acl_data, connection.self_address, transport, data)

    def _next_slot(self, direction, now):
        event, used = self._slots.get(direction, (0.0, 0))
        if event < now:
            event, used = now + INTERVAL - now % INTERVAL, 0
        elif used >= PACKETS:
            event, used = event + INTERVAL, 0
        self._slots[direction] = (event, used + 1)
        # A microsecond apart, so that packets of one event stay in order.
        return event + used * 1e-6


class AirController(Controller):
    """One that a Linux host gets on with, and that hands scan responses on."""

    def __init__(self, *arguments, **named):
        super().__init__(*arguments, **named)
        # With these Linux awaits events that bumble does not send.
        self.le_features &= ~(LeFeatureMask.LL_PRIVACY | LeFeatureMask.LE_EXTENDED_ADVERTISING)
        self.le_acl_data_packet_length = ACL_LENGTH

    def on_link_acl_data(self, sender_address, transport, data):
        """As bumble, which puts packets together when they are sent, but apart again: no controller gives more at once than it takes."""
        connection = self.le_connections.get(sender_address) if transport == PhysicalTransport.LE else None
        if connection is None:
            super().on_link_acl_data(sender_address, transport, data)
            return
        for number, part in enumerate(fragments(data)):
            boundary = CONTINUES if number else BEGINS
            self.send_hci_packet(hci.HCI_AclDataPacket(connection.handle, boundary, 0, len(part), part))

    def on_advertising_pdu(self, pdu):
        if self.le_scan_enable:
            self._report(pdu, hci.HCI_LE_Advertising_Report_Event.EventType.ADV_IND, pdu.data)
            response = getattr(pdu, "scan_response", b"")
            self._report(pdu, hci.HCI_LE_Advertising_Report_Event.EventType.SCAN_RSP, response)
        # What is left for bumble is to connect.
        scans, self.le_scan_enable = self.le_scan_enable, False
        try:
            super().on_advertising_pdu(pdu)
        finally:
            self.le_scan_enable = scans

    def _report(self, pdu, event_type, data):
        event = hci.HCI_LE_Advertising_Report_Event
        address = pdu.advertiser_address
        report = event.Report(
            event_type=event_type, address_type=address.address_type, address=address, data=bytes(data), rssi=SIGNAL_DBM
        )
        self.send_hci_packet(event([report]))


def advertise(self):
    """In place of `LegacyAdvertiser.send_advertising_data`: with the scan response."""
    if self.enabled:
        pdu = ll.AdvInd(advertiser_address=self.address, data=self.advertising_data)
        pdu.scan_response = self.scan_response_data
        self.controller.send_advertising_pdu(pdu)


def advertise_again(self):
    """In place of `LegacyAdvertiser._on_timer_fired`: at the pace of this air."""
    self.send_advertising_data()
    self.timer_handle = asyncio.get_running_loop().call_later(ADVERTISING, self._on_timer_fired)


async def main(transports):
    LegacyAdvertiser.send_advertising_data = advertise
    LegacyAdvertiser._on_timer_fired = advertise_again
    air = Air()
    kept = []
    for number, name in enumerate(transports, 1):
        transport = await open_transport(name)
        address = f"C0:00:00:00:00:{number:02X}/P"
        controller = AirController(
            f"controller {number}",
            host_source=transport.source,
            host_sink=transport.sink,
            link=air,
            public_address=address,
        )
        kept.append((transport, controller))
    print("air: ready", flush=True)
    await asyncio.get_running_loop().create_future()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
