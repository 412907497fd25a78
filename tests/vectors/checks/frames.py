"""frame.json and schedule.json."""

from second import civil_time, encoding, frames, messages, objects

from .comparing import must_refuse, raw, same


def check_fragment(vector):
    made = frames.fragment(raw(vector, "type")[0], raw(vector, "payload"), vector["mtus"])
    same([frame.hex() for frame in made], vector["frames"], "frames")


def check_reassemble(vector):
    reassembler = frames.Reassembler({int(code, 16): limit for code, limit in vector["limits"].items()})
    completed = []
    for index, frame in enumerate(vector["frames"]):
        message = reassembler.receive(bytes.fromhex(frame))
        if message:
            completed.append({"after": index, "type": f"{message[0]:02x}", "payload": message[1].hex()})
    same(completed, vector["messages"], "messages")


DAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


def check_window(vector):
    data = raw(vector, "bytes")
    if not vector["valid"]:
        must_refuse("window", objects.decode_window, data)
        return
    days, start, end = objects.decode_window(data)
    same([day for bit, day in enumerate(DAYS) if days >> bit & 1], vector["days"], "days")
    same((start, end), (vector["start"], vector["end"]), "start and end")


def read_all(read, data):
    reader = encoding.Reader(data)
    value = read(reader)
    reader.end()
    return value


def check_schedule(vector):
    if vector["valid"]:
        same(read_all(objects.schedule, raw(vector, "bytes")), vector["windows"], "windows")
    else:
        must_refuse("schedule", read_all, objects.schedule, raw(vector, "bytes"))


def check_zone_table(vector):
    if not vector["valid"]:
        must_refuse("zone", read_all, messages.read_zone, raw(vector, "bytes"))
        return
    transitions = [{"at": at, "offset": offset} for at, offset in vector["transitions"]]
    zone = {"initial": vector["initial"], "transitions": transitions}
    same(read_all(messages.read_zone, raw(vector, "bytes")), zone, "zone")


def check_local(vector):
    weekday, minute = civil_time.local(vector["table"], vector["instant"])
    same((DAYS[weekday], minute), (vector["weekday"], vector["minute"]), "local time")


def check_open(vector):
    windows = [bytes.fromhex(window) for window in read_all(objects.schedule, raw(vector, "schedule"))]
    for moment in vector["at"]:
        same(civil_time.is_open(windows, vector["table"], moment["instant"]), moment["open"], moment["utc"])


CHECKS = {
    "fragment": check_fragment,
    "reassemble": check_reassemble,
    "window": check_window,
    "schedule": check_schedule,
    "zone-table": check_zone_table,
    "local": check_local,
    "open": check_open,
}
