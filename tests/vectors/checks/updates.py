"""update-rows.json, update-parcels.json, update-proofs.json and hpke.json."""

from second import primitives, updates

from .comparing import must_refuse, raw, same


def check_row(vector):
    row = raw(vector, "bytes")
    if not vector["accepted"]:
        must_refuse("row", updates.read_row, row)
        return
    same(updates.encode_row(vector["fields"]), row, "bytes")
    same(updates.read_row(row), vector["fields"], "fields")


def check_settings(vector):
    data = raw(vector, "bytes")
    if not vector["accepted"]:
        must_refuse("settings", updates.read_settings, data)
        return
    same(updates.encode_settings(vector["fields"]), data, "bytes")
    same(updates.read_settings(data), vector["fields"], "fields")


def check_update(vector):
    signing_secret, signing_key, list_key = raw(vector, "signing_secret", "signing_key", "list_key")
    door_secret, door_key, randomness = raw(vector, "door_sealing_secret", "door_sealing_key", "randomness")
    same(primitives.ed25519_public(signing_secret), signing_key, "signing_key")
    same(primitives.x25519_public(door_secret), door_key, "door_sealing_key")

    rows, changes = ([bytes.fromhex(row) for row in vector[name]] for name in ("list", "changes"))
    settings = raw(vector, "list_settings")
    updates.read_settings(settings)
    for row in rows:
        same(updates.read_row(row)["removed"], False, "a row of the list")
    digest = updates.list_digest(list_key, rows, settings)
    same(digest, raw(vector, "digest"), "digest")
    for change in changes:
        if change[17] & 1:
            same(any(row[:17] == change[:17] for row in rows), False, "a removed row")
        else:
            same(change in rows, True, "a changed row is in the list")

    fields = vector["fields"]
    sent = settings if vector["with_settings"] else None
    body = updates.encode_body(fields["size"], list_key, digest, len(rows), changes, sent)
    same(body, raw(vector, "body"), "body")
    read = updates.read_body(fields["kind"], body)
    same(read[:4], (list_key, digest, len(rows), changes), "body")

    bound = updates.encode_header(fields, b"", b"")
    encapsulation, key = updates.sent_key(randomness, door_key, bound)
    same(encapsulation, raw(vector, "encapsulation"), "encapsulation")
    same(updates.received_key(door_secret, encapsulation, bound), key, "both sides' body key")
    chunks = [bytes.fromhex(chunk) for chunk in vector["chunks"]]
    same(updates.seal_chunks(key, body), chunks, "chunks")
    same(updates.open_chunks(key, chunks), body, "opened chunks")
    root = updates.root([updates.leaf(number, chunk) for number, chunk in enumerate(chunks)])
    same(root, raw(vector, "root"), "root")

    header = updates.encode_header(fields, encapsulation, root)
    same(header, raw(vector, "header"), "header")
    signature = updates.sign_header(signing_secret, header)
    same(signature, raw(vector, "signature"), "signature")
    same(updates.read_header(signing_key, header + signature), fields, "fields")
    same(updates.update_id(header + signature), raw(vector, "update_id"), "update_id")


def check_update_header_refused(vector):
    must_refuse("header", updates.read_header, *raw(vector, "signing_key", "header"))


def check_update_body_refused(vector):
    must_refuse("body", updates.read_body, vector["update"], raw(vector, "body"))


def check_update_proofs(vector):
    leaves = [bytes.fromhex(leaf) for leaf in vector["leaves"]]
    same(updates.root(leaves), raw(vector, "root"), "root")
    same([transfer["first"] for transfer in vector["transfers"]], list(range(len(leaves))), "first chunks")
    for transfer in vector["transfers"]:
        verifier, first = updates.Verifier(len(leaves), raw(vector, "root")), transfer["first"]
        same(len(transfer["proofs"]), len(leaves) - first, "chunks to the end")
        for number, nodes in enumerate(transfer["proofs"], first):
            verifier.accept(number, leaves[number], [bytes.fromhex(node) for node in nodes])
        same(verifier.known, {}, "what is left")


# RFC 9180, A.1.1: the same code with AES-128-GCM, which has other keys but no other exporter.


def check_published_hpke(vector):
    info, door_secret = raw(vector, "info", "skRm")
    secret, encapsulation = updates.derive_key_pair(raw(vector, "ikmE"))
    same([secret, encapsulation], raw(vector, "skEm", "enc"), "ephemeral key")
    same(list(updates.derive_key_pair(raw(vector, "ikmR"))), raw(vector, "skRm", "pkRm"), "recipient's key")
    public = raw(vector, "pkRm")
    shared = updates.shared_secret(primitives.x25519(secret, public), encapsulation, public)
    same(shared, raw(vector, "shared_secret"), "shared_secret")
    received = primitives.x25519(door_secret, encapsulation)
    same(updates.shared_secret(received, encapsulation, public), shared, "the recipient's shared secret")
    aead = vector["aead_id"]
    same(updates.exporter(shared, info, aead)[1], raw(vector, "exporter_secret"), "exporter_secret")
    for case in vector["exports"]:
        context, value = raw(case, "exporter_context", "exported_value")
        same(updates.export(shared, info, context, aead), value, "exported_value")


CHECKS = {
    "row": check_row,
    "settings": check_settings,
    "update": check_update,
    "update-header-refused": check_update_header_refused,
    "update-body-refused": check_update_body_refused,
    "update-proofs": check_update_proofs,
    "published-hpke": check_published_hpke,
}
