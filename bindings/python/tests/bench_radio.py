"""A radio of Python's own: the foreign side of `Link`, over a door on the bench."""

import asyncio
import time

from thumbturn_ffi import AdapterState, DisconnectReason, Link, LinkError, Timer

PEER = "door"


class LoopTimer(Timer):
    """The event loop's clock."""

    def now(self):
        return int(time.monotonic() * 1000)

    async def sleep_until(self, deadline):
        await asyncio.sleep(max(0, deadline - self.now()) / 1000)


class BenchRadio(Link):
    """Moves frames between the phone core and the door, one at a time, a little late, as radios do."""

    def __init__(self, property_, mtu=517, queue=4):
        self.property = property_
        self.max_mtu = mtu
        self.queue = queue
        self.state = AdapterState.ON
        self.connections = {}
        self.written = []
        self.notified = []
        self.refused_writes = 0
        self.before_notification = None
        self.started = time.monotonic()
        self.scanning = None

    # What the phone core asks for.

    def adapter(self):
        return self.state

    async def start_scan(self, events):
        self.scanning = asyncio.ensure_future(self._advertise(events))

    async def stop_scan(self):
        if self.scanning:
            self.scanning.cancel()
            self.scanning = None

    async def connect(self, peer, events):
        if peer != PEER:
            raise LinkError.ConnectFailed(133)
        await asyncio.sleep(0.005)
        connection = self.property.connect(23)
        self.connections[connection] = _Connection(events)
        return connection

    async def subscribe(self, connection):
        self.property.subscribe(connection)
        self._pump(connection)

    async def request_mtu(self, connection):
        self._connection(connection).mtu = self.max_mtu
        self.property.set_mtu(connection, self.max_mtu)
        return self.max_mtu

    def mtu(self, connection):
        return self._connection(connection).mtu

    async def write(self, connection, frame, kind):
        state = self._connection(connection)
        if len(frame) > state.mtu - 3:
            raise LinkError.Platform(13)
        if state.in_flight >= self.queue:
            self.refused_writes += 1
            raise LinkError.NotWritable()
        state.in_flight += 1
        asyncio.ensure_future(self._deliver(connection, state, bytes(frame)))

    async def prefer(self, connection, priority):
        pass

    async def disconnect(self, connection):
        state = self.connections.pop(connection, None)
        if state:
            self.property.disconnect(connection)
            state.events.disconnected(DisconnectReason.LOCAL)

    # The air.

    async def _advertise(self, events):
        while True:
            events.heard(PEER, -50, self.property.service_data())
            await asyncio.sleep(0.05)

    async def _deliver(self, connection, state, frame):
        await asyncio.sleep(0.002)
        self._let_time_pass()
        self.written.append(frame)
        self.property.write(connection, frame)
        full = state.in_flight >= self.queue
        state.in_flight -= 1
        if full:
            state.events.writable()
        self._pump(connection)

    def _pump(self, connection):
        state = self.connections.get(connection)
        for frame in self.property.take_notifications(connection) if state else ():
            if self.before_notification:
                self.before_notification(frame)
            self.notified.append(bytes(frame))
            state.events.notified(frame)

    def _let_time_pass(self):
        now = time.monotonic()
        self.property.pass_time(int((now - self.started) * 1000))
        self.started = now

    def _connection(self, connection):
        state = self.connections.get(connection)
        if state is None:
            raise LinkError.NotConnected()
        return state


class _Connection:
    def __init__(self, events):
        self.events = events
        self.mtu = 23
        self.in_flight = 0
