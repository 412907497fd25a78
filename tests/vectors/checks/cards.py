"""an10922.json, ev2.json, commmode.json and sun.json."""

from second import cards

from .comparing import raw, same


def check_an10922(vector):
    master, data, key = raw(vector, "master", "input", "key")
    same(cards.an10922(master, data), key, "key")
    if "cmac" in vector:
        same(cards.cmac(master, b"\x01" + data), raw(vector, "cmac"), "cmac")


def check_card_key(vector):
    token, application = raw(vector, "token", "application")
    same(cards.CLASSES[vector["class"]], application, "application")
    data = token + application + bytes([vector["class"], vector["key_number"]]) + b"Thumbturn"
    same(data, raw(vector, "input"), "input")
    same(cards.an10922(raw(vector, "master"), data), raw(vector, "key"), "key")


def check_ev2_first(vector):
    key, rnd_a, rnd_b, transaction = raw(vector, "key", "rnd_a", "rnd_b", "transaction")
    challenge, proof, card_proof = cards.authenticate(key, rnd_a, rnd_b, transaction)
    same([challenge, card_proof], raw(vector, "challenge", "card_proof"), "challenge and proof")
    same(cards.wrapped(0x71, bytes([vector["key_number"], 0])), raw(vector, "challenge_command"), "command")
    same(cards.wrapped(0xAF, proof), raw(vector, "proof_command"), "proof_command")
    vectors = cards.session_vectors(rnd_a, rnd_b)
    same(list(vectors), raw(vector, "sv1", "sv2"), "sv1 and sv2")
    keys = [cards.cmac(key, named) for named in vectors]
    same(keys, raw(vector, "encryption_key", "mac_key"), "session keys")


def check_exchange_with_card(vector):
    session = cards.Session(*raw(vector, "encryption_key", "mac_key", "transaction"), vector["counter"])
    (instruction,) = raw(vector, "instruction")
    header, data, answered, answer = raw(vector, "header", "data", "answer_data", "answer")
    same(session.command(instruction, header, data), raw(vector, "command"), "command")
    same(session.answer(answered), answer, "answer")
    same(session.read(answer), answered, "answer_data")


def check_card_reading(vector):
    key, rnd_a, rnd_b, transaction = raw(vector, "key", "rnd_a", "rnd_b", "transaction")
    token, application = raw(vector, "token", "application")
    challenge, proof, card_proof = cards.authenticate(key, rnd_a, rnd_b, transaction)
    keys = [cards.cmac(key, named) for named in cards.session_vectors(rnd_a, rnd_b)]
    session = cards.Session(*keys, transaction)
    assert application in cards.CLASSES.values()
    commands = [
        cards.wrapped(0x5A, application),
        cards.wrapped(0xAD, bytes.fromhex("01000000080000")),
        cards.wrapped(0x71, b"\x01\x00"),
        cards.wrapped(0xAF, proof),
        session.command(0xAD, bytes.fromhex("02000000090000"), b""),
    ]
    same([command.hex() for command in commands], vector["commands"], "commands")
    file = token + bytes([vector["version"]])
    done = b"\x91\x00"
    answers = [done, token + done, challenge + b"\x91\xaf", card_proof + done, session.answer(file)]
    same([answer.hex() for answer in answers], vector["answers"], "answers")
    same(session.read(answers[-1]), file, "file")


def check_sun(vector):
    plain, uid, encrypted = raw(vector, "plain", "uid", "e")
    same(cards.cbc_open(raw(vector, "meta_key"), bytes(16), encrypted), plain, "plain")
    same(b"\xc7" + uid + vector["counter"].to_bytes(3, "little"), plain[:11], "uid and counter")
    keys = cards.link_session_keys(raw(vector, "file_key"), uid, vector["counter"])
    same(list(keys), raw(vector, "encryption_key", "mac_key"), "session keys")
    same(cards.truncated(cards.cmac(keys[1], b"")), raw(vector, "c"), "c")


CHECKS = {
    "an10922": check_an10922,
    "card-key": check_card_key,
    "ev2-first": check_ev2_first,
    "full-exchange-with-card": check_exchange_with_card,
    "card-reading": check_card_reading,
    "sun": check_sun,
}
