"""Section 3.6: whether a schedule is open."""

from .objects import decode_window


def offset_at(zone, instant):
    """`zone` is {"initial", "transitions": [{"at", "offset"}]}."""
    passed = [transition["offset"] for transition in zone["transitions"] if transition["at"] <= instant]
    return passed[-1] if passed else zone["initial"]


def local(zone, instant):
    """Weekday from Monday = 0, and minute of the day."""
    shifted = instant + offset_at(zone, instant)
    # 1970-01-01 was a Thursday.
    return (shifted // 86_400 + 3) % 7, shifted % 86_400 // 60


def is_open(windows, zone, instant):
    weekday, minute = local(zone, instant)
    for days, start, end in map(decode_window, windows):
        if days >> weekday & 1 and start <= minute < end:
            return True
    return False
