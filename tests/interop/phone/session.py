"""Section 7: records behind an authentic answer."""

from second import delivery, messages
from second.primitives import open_

from . import Wrong
from .connection import ANSWER, RECORD, name

ACTUATOR, CLAIM_CONFIRM, CLAIMED, ASK, STATE = range(5)
RESULTS = ("moved", "jammed", "blocked", "battery low")


class Session:
    def __init__(self, connection, secret):
        self.connection = connection
        keys = messages.record_keys(secret)
        self._key, self._theirs = keys["door"], keys["phone"]
        self.counter, self._lowest = 0, 0

    def seal(self, plain, counter=None):
        """A record's payload; its counter is the next one unless it is given."""
        if counter is None:
            counter, self.counter = self.counter, self.counter + 1
        return messages.seal_record(self._key, counter, plain)

    async def send(self, plain):
        await self.connection.send(RECORD, self.seal(plain))

    async def record(self, seconds=ANSWER):
        """The door's next record, as its fields."""
        code, payload = await self.connection.message(seconds)
        if code != RECORD:
            raise Wrong(f"a record was awaited, and {name(code)} {payload.hex()} came")
        counter = int.from_bytes(payload[:4], "big")
        if counter < self._lowest:
            raise Wrong(f"the door's record {counter} does not rise")
        self._lowest = counter + 1
        plain = open_(self._theirs, bytes(8) + payload[:4], payload[:4], payload[4:])
        return delivery.read_record(plain)

    async def awaited(self, index, seconds=ANSWER):
        record = await self.record(seconds)
        if record["index"] != index:
            raise Wrong(f"record {index} was awaited, and {record} came")
        return record

    async def bolt_moved(self, operation):
        """What the bolt did for this operation (record 0)."""
        record = await self.awaited(ACTUATOR)
        if record["operation"] != operation.hex() or record["result"] != 0:
            raise Wrong(f"the bolt: {RESULTS[record['result']]}, operation {record['operation']}")
