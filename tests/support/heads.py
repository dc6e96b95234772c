"""Heads of HTTP messages, right or wrong."""


def head(lines: list[str]) -> bytes:
    """The lines, and the empty one that ends them."""
    return "".join(f"{line}\r\n" for line in [*lines, ""]).encode("latin-1")
