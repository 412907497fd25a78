"""Sections 4.3 to 4.7: messages over a link, and what a connection may ask for."""

from second import frames, messages

from . import Ended, Silence, Wrong

HELLO, HELLO_REQUEST, FULL_REQUEST, FULL_ANSWER, FAST_REQUEST, FAST_ANSWER, RECORD = range(1, 8)
CLAIM_REQUEST, CLAIM_ANSWER, NOT_ACCEPTED = 8, 9, 10

NOT_RECOGNISED, BUSY, STALE = 1, 2, 3
# What a door sends, and how long that is at most.
LONGEST = {HELLO: 19, FULL_ANSWER: 53, FAST_ANSWER: 19, RECORD: 1_536, CLAIM_ANSWER: 144, NOT_ACCEPTED: 1}

# How long a phone waits: a door on slow hardware does its public-key operations in this time.
ANSWER = 6
# What did not come by then does not come: a door sends nothing without a cause.
QUIET = 0.3
HELLO_AFTER = 0.3
HELLO_REQUESTS = 4
REFUSALS = 8


async def arrive(radio, tag_key):
    """A connection to the door of this tag key, and its hello. One that is lost before a request has left has cost nothing."""
    for left in reversed(range(radio.attempts)):
        await radio.find(tag_key)
        connection = Connection(await radio.connect())
        try:
            return connection, await connection.subscribed(tag_key)
        except (Ended, Silence):
            await connection.close()
            if not left:
                raise


class Connection:
    """Subscribed, or about to be. Counts what section 4.7 counts."""

    def __init__(self, link):
        self.link = link
        self.hello_requests, self.refusals = HELLO_REQUESTS, REFUSALS
        self._received = frames.Reassembler(LONGEST)

    async def subscribed(self, tag_key):
        """The first hello, which names the door of this tag key (section 4.5)."""
        await self.link.subscribe()
        try:
            return checked_hello(await self.message(HELLO_AFTER), tag_key)
        except Silence:
            hello = await self.new_hello(tag_key)
        # The first one may be late; the newest is the one that lives.
        while True:
            try:
                hello = checked_hello(await self.message(QUIET), tag_key)
            except Silence:
                return hello

    async def new_hello(self, tag_key):
        await self.ask_for_hello()
        return checked_hello(await self.message(ANSWER), tag_key)

    async def ask_for_hello(self):
        self.hello_requests -= 1
        await self.send(HELLO_REQUEST, b"")

    async def send(self, code, payload):
        for frame in frames.fragment(code, payload, [self.link.mtu]):
            await self.link.write(frame)

    async def message(self, seconds=ANSWER):
        """The next whole message: its type and payload."""
        while True:
            received = self._received.receive(await self.link.frame(seconds))
            if received:
                if received[0] == NOT_ACCEPTED:
                    self.refusals -= 1
                return received

    async def silent(self, seconds=QUIET):
        """Nothing comes, and the connection stays."""
        try:
            code, payload = await self.message(seconds)
        except Silence:
            return
        raise Wrong(f"silence was promised, and {name(code)} {payload.hex()} came")

    async def is_ended(self, seconds):
        """The door ends the connection in this time, and says nothing before."""
        try:
            code, payload = await self.message(seconds)
        except Ended:
            return
        except Silence:
            raise Wrong(f"the door did not end the connection within {seconds} s") from None
        raise Wrong(f"an end was promised, and {name(code)} {payload.hex()} came")

    async def close(self):
        await self.link.close()


def checked_hello(message, tag_key):
    """All 20 bytes of it."""
    code, payload = message
    if code != HELLO:
        raise Wrong(f"a hello was awaited, and {name(code)} {payload.hex()} came")
    hello = b"\xc1" + payload
    if (verdict := messages.read_hello(hello, tag_key)) != "named":
        raise Wrong(f"the hello {hello.hex()} is {verdict}")
    return hello


def is_factory_fresh(hello):
    return bool(hello[3] & 1)


def name(code):
    names = ["hello", "hello request", "full request", "full answer", "fast request", "fast answer", "record"]
    names += ["claim request", "claim answer", "not accepted"]
    return names[code - 1] if 0 < code <= len(names) else f"type {code}"
