"""/proc/net/snmp, netstat and snmp6: what each protocol counted. Names as in RFC 1213 and the kernel's.

Linux: net/ipv4/proc.c, net/ipv6/proc.c
"""

from itertools import pairwise

from kbview.sources.linux.procfs.file import number


def parse_pairs(text: str) -> dict[str, int]:
    """snmp and netstat: a line of names, then one of values. Keys are such as "UdpRcvbufErrors"."""
    counts: dict[str, int] = {}
    for names, values in pairwise(text.splitlines()):
        group, colon, rest = names.partition(":")
        same, _, numbers = values.partition(":")
        words = numbers.split()
        if colon and group == same and len(words) == len(rest.split()):
            counts |= {
                f"{group}{name}": number(word) for name, word in zip(rest.split(), words, strict=True)
            }
    return counts


def parse_lines(text: str) -> dict[str, int]:
    """snmp6: a name and its value a line, such as "Udp6RcvbufErrors"."""
    words = [line.split() for line in text.splitlines()]
    return {pair[0]: number(pair[1]) for pair in words if len(pair) == 2}
