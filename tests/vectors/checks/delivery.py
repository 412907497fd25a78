"""bulletin.json, receipt.json, log.json, time.json and records-delivery.json."""

from second import delivery, primitives

from .comparing import must_refuse, raw, same


def check_bulletin(vector):
    secret, key, prop, header = raw(vector, "signing_secret", "signing_key", "property", "header")
    same(primitives.ed25519_public(secret), key, "signing_key")
    entries = [bytes.fromhex(entry) for entry in vector["entries"]]
    numbers = (vector[name] for name in ("generation", "epoch", "issued"))
    made = delivery.make_bulletin(secret, prop, *numbers, vector["denials"])
    same(made, (entries, header), "entries and header")
    same(delivery.entries_hash(entries), raw(vector, "entries_hash"), "entries_hash")
    delivery.read_bulletin(key, header, entries)


def check_bulletin_refused(vector):
    entries = [bytes.fromhex(entry) for entry in vector["entries"]]
    must_refuse("bulletin", delivery.read_bulletin, *raw(vector, "signing_key", "header"), entries)


def check_bulletin_lookup(vector):
    entries = [bytes.fromhex(entry) for entry in vector["entries"]]
    prop, (epoch, serial, now) = raw(vector, "property"), (vector[name] for name in ("epoch", "serial", "now"))
    same(delivery.is_denied(prop, epoch, entries, serial, vector["subjects"], now), vector["denied"], "denied")


def check_statement_keys(vector):
    sealing_secret, receipt_secret = raw(vector, "sealing_secret", "receipt_secret")
    same(primitives.x25519_public(sealing_secret), raw(vector, "sealing_key"), "sealing_key")
    same(primitives.ed25519_public(receipt_secret), raw(vector, "receipt_key"), "receipt_key")
    return raw(vector, "randomness", "sealing_key", "receipt_secret")


def check_receipt(vector):
    keys, data = check_statement_keys(vector), raw(vector, "receipt")
    opened, body = delivery.receipt_open(vector["open"]), delivery.receipt_body(vector["body"])
    same(delivery.make_statement(delivery.RECEIPT, opened, body, *keys), data, "receipt")
    read = delivery.read_receipt(data, *raw(vector, "sealing_secret", "receipt_key"))
    same(read, (opened, body), "open part and body")


def check_receipt_refused(vector):
    must_refuse("receipt", delivery.read_receipt, *raw(vector, "receipt", "sealing_secret", "receipt_key"))


def check_log_batch(vector):
    keys, data = check_statement_keys(vector), raw(vector, "batch")
    fields, salted = vector["open"], [bytes.fromhex(event) for event in vector["salted"]]
    same(delivery.first_head(bytes.fromhex(fields["door_key"])), raw(vector, "head_0"), "head_0")
    if fields["first"] == 1:
        same(fields["before"], vector["head_0"], "before")
    head = bytes.fromhex(fields["before"])
    same(len(vector["events"]), len(salted), "events")
    for number, event, plain, after in zip(range(fields["first"], 2**32), salted, vector["events"], vector["heads"]):
        same(delivery.salt(keys[2], number) + bytes.fromhex(plain), event, "salted event")
        head = delivery.next_head(head, number, event)
        same(head.hex(), after, "head")
    same(fields["count"], len(salted), "count")
    opened = delivery.batch_open(fields, len(salted))
    made = delivery.make_statement(delivery.BATCH, opened, delivery.batch_message(salted), *keys)
    same(made, data, "batch")
    same(delivery.read_batch(data, *raw(vector, "sealing_secret", "receipt_key")), (opened, salted), "events")


def check_log_batch_refused(vector):
    must_refuse("batch", delivery.read_batch, *raw(vector, "batch", "sealing_secret", "receipt_key"))


def check_record(vector):
    plain = raw(vector, "plain")
    same(delivery.encode(delivery.RECORD, vector["record"]), plain, "plain")
    same(delivery.read_record(plain), vector["record"], "record")


def check_record_refused(vector):
    must_refuse("record", delivery.read_record, raw(vector, "plain"))


CHECKS = {
    "bulletin": check_bulletin,
    "bulletin-refused": check_bulletin_refused,
    "bulletin-lookup": check_bulletin_lookup,
    "receipt": check_receipt,
    "receipt-refused": check_receipt_refused,
    "log-batch": check_log_batch,
    "log-batch-refused": check_log_batch_refused,
    "record": check_record,
    "record-refused": check_record_refused,
}
