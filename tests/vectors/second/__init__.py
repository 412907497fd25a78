"""A second implementation of the protocol, written from docs/spec alone, for checking the vectors."""


class Refused(Exception):
    """Bytes that the specification says to refuse."""
