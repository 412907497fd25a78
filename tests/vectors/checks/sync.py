"""sync.json."""

from second import sync

from .comparing import must_refuse, raw, same


def check(make, read):
    def checked(vector):
        encoded = raw(vector, "encoded")
        fields = {name: value for name, value in vector.items() if name not in ("name", "section", "kind", "encoded")}
        same(make(fields), encoded, "encoded")
        same(read(encoded), fields, "fields")

    return checked


def check_refused(vector):
    must_refuse("request", sync.read_request, raw(vector, "encoded"))


CHECKS = {
    "sync-request": check(sync.make_request, sync.read_request),
    "sync-answer": check(sync.make_answer, sync.read_answer),
    "sync-request-refused": check_refused,
}
