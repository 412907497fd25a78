"""records.json: the sealed channel."""

from second import messages

from .comparing import must_refuse, raw, same


def check_records(vector):
    keys = messages.record_keys(raw(vector, "session_secret"))
    same([keys["door"], keys["phone"]], raw(vector, "key_to_door", "key_to_phone"), "keys")
    check_steps_of_records(vector["steps"], keys)
    for refusal in vector.get("refused_next", ()):
        receivers = check_steps_of_records(vector["steps"], keys)
        receiver = receivers[refusal["to"]]
        must_refuse(refusal["reason"], receiver.open, raw(refusal, "payload"))
        later = raw(vector, "refused_after_that")
        messages.RecordReceiver(keys["phone"]).open(later)
        must_refuse("a record after the end of the session", receiver.open, later)


def check_steps_of_records(steps, keys):
    receivers = {to: messages.RecordReceiver(key) for to, key in keys.items()}
    for step in steps:
        plain, payload = raw(step, "plain", "payload")
        same(messages.seal_record(keys[step["to"]], step["counter"], plain), payload, "payload")
        same(receivers[step["to"]].open(payload), (step["counter"], plain), "record")
    return receivers


CHECKS = {
    "records": check_records,
}
