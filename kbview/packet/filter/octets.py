"""Addresses as bytes: MAC addresses, and IPv4 addresses of which the last parts are left out."""

import re

_MAC = re.compile(r"[0-9a-f]{1,2}([:-])(?:[0-9a-f]{1,2}\1){4}[0-9a-f]{1,2}", re.ASCII)


def hardware_address(text: str) -> bytes | None:
    """The six bytes of a MAC address in lower case, None if it is none."""
    found = _MAC.fullmatch(text)
    return bytes(int(part, 16) for part in text.split(found[1])) if found else None


def octets(text: str) -> bytes | None:
    """One to four bytes of an IPv4 address, such as `10.1`; None if it is none."""
    parts = text.split(".")
    if not 1 <= len(parts) <= 4 or not all(_is_octet(part) for part in parts):
        return None
    return bytes(int(part) for part in parts)


def _is_octet(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 3 and int(text) <= 255
