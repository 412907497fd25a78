"""fast.json: the fast path."""

from second import frames, messages

from .comparing import must_refuse, raw, same
from .full import check_first_records


def check_fast_exchange(vector):
    hello, ticket, request, answer = raw(vector, "hello", "ticket", "request", "answer")
    press, attempt, kind = vector["press"], vector["attempt"], vector["kind_of_operation"]
    made = messages.fast_request(ticket, hello, press, kind, attempt)
    same(list(made), raw(vector, "request_tag", "request"), "request")
    same(request[1:4], raw(vector, "ticket_id"), "ticket_id")
    same(messages.check_fast_request(ticket, hello, request), (press, kind, attempt), "request as read")
    same(messages.operation_id(ticket, press), raw(vector, "operation_id"), "operation_id")
    body = messages.encode_answer(vector["answer_fields"])
    same(body, raw(vector, "answer_body"), "answer_body")
    same(messages.fast_mask(ticket, hello, request), raw(vector, "answer_mask"), "answer_mask")
    made = messages.fast_answer(ticket, hello, request, body)
    same(list(made), raw(vector, "answer_tag", "answer"), "answer")
    read = messages.read_answer(messages.read_fast_answer(ticket, hello, request, answer))
    same(read, vector["answer_fields"], "answer as read")
    secret = messages.fast_session_secret(ticket, hello, request, answer)
    same(secret, raw(vector, "session_secret"), "session_secret")
    following = messages.next_ticket(ticket).hex() if read["ticket"] else None
    same(following, vector["next_ticket"], "next_ticket")
    check_first_records(vector["records"], secret, vector["operation_id"])


def check_fast_not_accepted(vector):
    hello, ticket, request = raw(vector, "hello", "ticket", "request")
    press, attempt = vector["press"], vector["attempt"]
    same(messages.check_fast_request(ticket, hello, request), (press, 0, attempt), "request")
    same(messages.operation_id(ticket, press), raw(vector, "operation_id"), "operation_id")
    same(frames.fragment(0x0A, b"\x01", [23]), [raw(vector, "answer")], "not accepted")


def check_fast_request_refused(vector):
    hello, ticket, request = raw(vector, "hello", "ticket", "request")
    must_refuse("request", messages.check_fast_request, ticket, hello, request)


def check_fast_answer_refused(vector):
    hello, ticket, request, answer = raw(vector, "hello", "ticket", "request", "answer")
    messages.check_fast_request(ticket, hello, request)

    def read():
        messages.read_answer(messages.read_fast_answer(ticket, hello, request, answer))

    must_refuse("answer", read)


CHECKS = {
    "fast-exchange": check_fast_exchange,
    "fast-not-accepted": check_fast_not_accepted,
    "fast-request-refused": check_fast_request_refused,
    "fast-answer-refused": check_fast_answer_refused,
}
