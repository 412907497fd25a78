"""objects.json: what is signed, and credentials."""

from second import objects, primitives

from .comparing import must_refuse, raw, same


def check_signed(vector):
    kind, key, signed = vector["kind"], raw(vector, "signing_key"), raw(vector, "signed")
    if not vector["accepted"]:
        must_refuse(kind, objects.read_signed, kind, key, signed)
        return
    same(vector["label"], objects.LABELS[kind], "label")
    secret, body, signature = raw(vector, "signing_secret", "body", "signature")
    same(primitives.ed25519_public(secret), key, "signing_key")
    same(objects.make_signed(kind, secret, vector["fields"]), (body, signature), "body and signature")
    same(body + signature, signed, "signed")
    same(objects.read_signed(kind, key, signed), vector["fields"], "fields")
    if kind == "certificate":
        keys = raw(vector["fields"], "session_key", "sealing_key", "receipt_key")
        same(objects.door_key_id(*keys), raw(vector, "door_key_id"), "door_key_id")


def check_credential(vector):
    data = raw(vector, "encoded")
    if not vector["accepted"]:
        must_refuse("credential", objects.read_credential, data)
        return
    same(objects.encode_credential(vector), data, "encoded")
    fields = {name: vector[name] for name in ("certificate", "tag_key", "grant", "share")}
    same(objects.read_credential(data), fields, "fields")


CHECKS = {
    "certificate": check_signed,
    "rotation": check_signed,
    "grant": check_signed,
    "share": check_signed,
    "credential": check_credential,
    "acknowledgement": check_signed,
    "time": check_signed,
}
