"""Section 4.3: messages to frames and back."""


def fragment(code, payload, mtus):
    """Frames of a message while the ATT MTU takes these values, the last for all that follow."""
    frames, index = [], 0
    while True:
        mtu = mtus[min(index, len(mtus) - 1)]
        part, payload = payload[: min(mtu - 3, 512) - 1], payload[min(mtu - 3, 512) - 1 :]
        header = 0x80 | code if index == 0 else index % 64
        frames.append(bytes([header | (0 if payload else 0x40)]) + part)
        index += 1
        if not payload:
            return frames


class Reassembler:
    """`limits` has the longest payload of each type that is awaited; none is above 1,024 bytes."""

    def __init__(self, limits):
        self.limits = {code: min(limit, 1_536) for code, limit in limits.items()}
        self.message = None

    def receive(self, frame):
        if not frame:
            return None
        first, last, value, part = frame[0] & 0x80, frame[0] & 0x40, frame[0] & 0x3F, frame[1:]
        if first:
            self.message = {"type": value, "payload": b"", "next": 0} if value in self.limits else None
        elif not part:
            return None
        if self.message is None:
            return None
        if not first and value != self.message["next"]:
            self.message = None
            return None
        self.message["payload"] += part
        self.message["next"] = (self.message["next"] + 1) % 64
        message = self.message
        if len(message["payload"]) > self.limits[message["type"]]:
            self.message = None
            return None
        if not last:
            return None
        self.message = None
        return message["type"], message["payload"]
