"""Names in a filter: addresses, networks, ports and numbers, read from one word."""

import re
from ipaddress import IPv4Network, IPv6Network

from kbview.packet.filter.filter_primitive import LINKS, PROTOCOLS
from kbview.packet.filter.octets import hardware_address, octets

STATES = ("waiting", "delivered", "dropped", "missed", "sent", "unseen")
VOCABULARY = (
    *("host", "net", "src", "dst", "port", "portrange", "proto", "ether", "vlan", "less", "greater"),
    *("len", "and", "or", "not", "broadcast", "multicast", "netns", "pid", "cgroup"),
    *(*LINKS, *PROTOCOLS, *STATES),
)
# Ports by their names in /etc/services; a filter asks no file, so it means the same everywhere.
SERVICES = {
    "ftp": 21, "ssh": 22, "telnet": 23, "smtp": 25, "domain": 53, "tftp": 69, "http": 80, "pop3": 110,
    "ntp": 123, "snmp": 161, "bgp": 179, "ldap": 389, "https": 443, "syslog": 514, "imaps": 993,
    "nfs": 2049, "mysql": 3306, "postgresql": 5432, "redis": 6379,
}  # fmt: skip
_RANGE = re.compile(r"([0-9a-z]+)-([0-9a-z]+)", re.ASCII)
_MOST_PORT = 0xFFFF


def is_name(text: str) -> bool:
    """Whether a word can be an address, a port or a range of ports."""
    first = text.partition("/")[0]
    if octets(first) is not None or hardware_address(text) is not None or ":" in text:
        return True
    return text in SERVICES or number_of(text) is not None or _is_range(text)


def _is_range(text: str) -> bool:
    found = _RANGE.fullmatch(text)
    return found is not None and None not in (_port(found[1]), _port(found[2]))


def number_of(text: str) -> int | None:
    """A number in decimal, or in hexadecimal after 0x; None for any other text."""
    if text.isascii() and text.isdecimal() and len(text) <= 10:
        return int(text)
    hexadecimal = text.removeprefix("0x")
    if hexadecimal != text and 0 < len(hexadecimal) <= 8:
        try:
            return int(hexadecimal, 16)
        except ValueError:
            return None
    return None


def _port(text: str) -> int | None:
    number = SERVICES.get(text, number_of(text))
    return number if number is not None and number <= _MOST_PORT else None


def port_range(text: str, *, is_range: bool) -> tuple[int, int] | str:
    """First and last port of a word, or the sentence that names its fault."""
    found = _RANGE.fullmatch(text)
    if found and not is_range:
        return f"a range of ports is written portrange {text}"
    first, last = (_port(found[1]), _port(found[2])) if found else (_port(text), _port(text))
    if first is None or last is None:
        return "no port; it is a number up to 65535, or one of " + ", ".join(list(SERVICES)[:8])
    return min(first, last), max(first, last)


def wanted_network(text: str, *, is_net: bool, mask: str | None) -> IPv4Network | IPv6Network | str:
    """A network, or a host as a network of one address, or the sentence that names its fault."""
    address, slash, length = text.partition("/")
    try:
        if ":" in address:
            return _of_version_6(address, length, slash, is_net)
        given = octets(address)
        if given is None:
            return f"{text!r} is no address; a filter looks up no names"
        if not is_net and (len(given) < 4 or slash):
            return f"a host is one address; did you mean net {text}?"
        whole = ".".join(str(byte) for byte in given.ljust(4, b"\0"))
        return IPv4Network(f"{whole}/{mask or (length if slash else 8 * len(given))}")
    except ValueError as error:
        return _fault(error)


def _of_version_6(address: str, length: str, slash: str, is_net: bool) -> IPv6Network | str:
    if slash and not is_net:
        return f"a host is one address; did you mean net {address}/{length}?"
    if "%" in address:
        return "an address in a packet has no interface; leave % and the name out"
    return IPv6Network(f"{address}/{length if slash else 128}")


def _fault(error: ValueError) -> str:
    if "host bits" in str(error):
        return "the address has bits beyond the network's length"
    return "no address or network; such as 10.0.0.0/8 or 2001:db8::/32"
