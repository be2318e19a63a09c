"""The parser: pcap-filter(7)'s grammar, and the words of kbview beside it.

    filter     =  part { ["and" | "or"] part }           from left to right; and binds as or does
    part       =  "not" part | "(" filter ")" | primitive
    primitive  =  [protocol] ["src" | "dst"] [kind] name  |  protocol  |  "vlan" [number]
               |  "less" n | "greater" n | "len" sign n  |  state  |  "#" n  |  "pid" n ...

A name alone takes the words of the primitive before it: `port 80 or 443`. Words side by side are
joined by `and`, and an address alone is a host: libpcap refuses these two.
"""

from collections.abc import Callable

from kbview.packet.filter import filter_primitive as made
from kbview.packet.filter.filter_error import FilterError
from kbview.packet.filter.filter_name import (
    STATES,
    VOCABULARY,
    is_name,
    port_range,
    wanted_network,
)
from kbview.packet.filter.filter_primitive import LINKS, PROTOCOLS, TRANSPORTS, Qualifiers
from kbview.packet.filter.filter_tree import (
    Fact,
    LongerThan,
    Negated,
    Tagged,
    Tree,
    every,
    facts,
    some,
)
from kbview.packet.filter.filter_word import FilterWord
from kbview.packet.filter.nearest_word import meant_word
from kbview.packet.filter.octets import hardware_address
from kbview.packet.filter.word_cursor import WordCursor

_KINDS = ("host", "net", "port", "portrange", "proto")
_WAYS = ("src", "dst")
_GROUPS = ("broadcast", "multicast")
_OUTSIDE = ("netns", "pid", "cgroup")  # facts with a value of their own
_DEEPEST = 64  # brackets inside brackets


def parse_filter(text: str) -> Tree:
    """The tree of a text. Raises FilterError, a line with the fault, its place and a remedy."""
    return _FilterParser(text).whole()


def parse_for(text: str, known: frozenset[str], where: str) -> Tree:
    """The tree of a text. `known` are the facts that can be answered `where`, a clause.

    Raises FilterError, also for a word about another fact.
    """
    tree = parse_filter(text)
    for fact in facts(tree):
        if fact.word not in known:
            said = {"state": fact.value, "packet": "a packet's number"}.get(fact.word, fact.word)
            raise FilterError(text, fact.at, f"{said} is not known {where}")
    return tree


class _FilterParser(WordCursor):
    """Reads the words from left to right."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._before: Qualifiers | None = None  # of the last name
        self._depth = 0  # VLAN tags asked for so far
        self._brackets = 0
        self._starts: dict[str, Callable[[FilterWord], Tree]] = {
            "vlan": self._vlan,
            "less": self._less,
            "greater": self._greater,
            "len": self._length,
            **dict.fromkeys(_OUTSIDE, self._outside),
            **dict.fromkeys(_GROUPS, self._group),
            **dict.fromkeys(STATES, lambda word: Fact("state", word.text, word.at)),
        }

    def whole(self) -> Tree:
        """All words."""
        tree = self._alternatives()
        if self._peek().text:
            self._refuse(self._peek(), "a bracket that nothing opened")
        return tree

    def _alternatives(self) -> Tree:
        tree = self._part()
        while self._peek().text not in ("", ")"):
            word = self._take() if self._peek().text in ("and", "or") else None
            joined = some if word is not None and word.text == "or" else every
            tree = joined(tree, self._part())
        return tree

    def _part(self) -> Tree:
        word = self._peek()
        self._brackets += 1
        if self._brackets > _DEEPEST:
            self._refuse(word, f"more than {_DEEPEST} brackets or `not` inside each other")
        try:
            if word.text == "not":
                self._take()
                return Negated(self._part())
            return self._bracket() if word.text == "(" else self._primitive()
        finally:
            self._brackets -= 1

    def _bracket(self) -> Tree:
        self._take()
        tree = self._alternatives()
        if self._peek().text != ")":
            self._refuse(self._peek(), "a `)` is missing")
        self._take()
        return tree

    # ---- primitives ------------------------------------------------------------------------

    def _primitive(self) -> Tree:
        word = self._peek()
        if word.text in ("", "and", "or", ")"):
            self._refuse(word, "a word for packets is missing, such as tcp or port 80")
        if start := self._starts.get(word.text):
            return start(self._take())
        if word.text.startswith("#"):
            return Fact("packet", str(self._number(self._take(), word.text[1:])), word.at)
        if word.text.startswith(":") and word.text[1:].isdecimal():
            port = self._number(self._take(), word.text[1:], 0xFFFF)
            return made.ports(Qualifiers(kind="port", depth=self._depth), port, port)
        if word.text in LINKS or word.text in PROTOCOLS or word.text == "ether":
            return self._of_protocol(self._take())
        if word.text in _KINDS or word.text in _WAYS:
            return self._named(Qualifiers(depth=self._depth))
        return self._name_alone(word)

    def _of_protocol(self, word: FilterWord) -> Tree:
        """A protocol alone, or in front of src, dst, a kind or a group."""
        following = self._peek().text
        if following in _GROUPS and word.text in ("ether", "ip", "ip6"):
            return self._group(self._take(), word.text)
        if following in _KINDS or following in _WAYS:
            return self._named(Qualifiers(word.text, depth=self._depth))
        if word.text == "ether":
            self._refuse(word, "ether stands before host, src, dst, proto, broadcast or multicast")
        self._before = None
        return made.protocol(word.text, self._depth)

    def _named(self, begun: Qualifiers) -> Tree:
        """src, dst and a kind; then a name, or names in a bracket."""
        first = self._peek()
        way = self._way()
        kind = self._take().text if self._peek().text in _KINDS else "host"
        qualifiers = Qualifiers(begun.protocol, way, kind, begun.depth)
        self._check(qualifiers, first)
        self._before = qualifiers
        if self._peek().text == "(":
            return self._bracket()
        return self._name(qualifiers, self._take())

    def _way(self) -> str:
        """src, dst, `or` for one of them, `and` for both of them; "" where nothing is said."""
        if self._peek().text not in _WAYS:
            return ""
        way = self._take().text
        joined, other = self._peek().text, self._peek(1).text
        if joined in ("and", "or") and other in _WAYS and other != way:
            self._take()
            self._take()
            return joined
        return way

    def _check(self, words_before: Qualifiers, at: FilterWord) -> None:
        """Refuse a protocol that has no such kind of name."""
        allowed = {
            "host": ("", "ether", *LINKS),
            "net": ("", *LINKS),
            "port": ("", *TRANSPORTS),
            "portrange": ("", *TRANSPORTS),
            "proto": ("", "ether", "ip", "ip6"),
        }[words_before.kind]
        if words_before.protocol not in allowed:
            known = ", ".join(name for name in allowed if name)
            self._refuse(
                at, f"{words_before.protocol} has no {words_before.kind}; write it after {known}"
            )

    def _name_alone(self, word: FilterWord) -> Tree:
        """A name with the qualifiers of the one before it, or an address."""
        if not is_name(word.text):
            hint = meant_word(word.text, VOCABULARY)
            self._refuse(word, f"{word.said!r} is no word of a filter; {hint or 'try tcp port 80'}")
        before = self._before
        if before is None and word.text.isdecimal():
            self._refuse(word, f"a number alone says nothing; did you mean port {word.text}?")
        if before is not None:
            before = Qualifiers(before.protocol, before.way, before.kind, self._depth)
        return self._name(before or Qualifiers(kind="host", depth=self._depth), self._take())

    def _name(self, qualifiers: Qualifiers, word: FilterWord) -> Tree:
        """The name itself: an address, a network, a port, a range of ports or a protocol."""
        if word.text == "not":
            return Negated(self._name(qualifiers, self._take()))
        if word.text in ("", ")", "and", "or"):
            self._refuse(word, f"{qualifiers.kind or 'host'} needs a name behind it")
        if qualifiers.kind in ("port", "portrange"):
            return self._ports(qualifiers, word)
        if qualifiers.kind == "proto":
            return self._protocol_number(qualifiers, word)
        mac = hardware_address(word.text)
        if qualifiers.protocol == "ether" or (mac is not None and not qualifiers.protocol):
            if mac is None:
                self._refuse(word, "no MAC address; it is written 02:00:00:00:00:01")
            return made.hardware(qualifiers, mac)
        return self._network(qualifiers, word)

    def _network(self, qualifiers: Qualifiers, word: FilterWord) -> Tree:
        mask = None
        if qualifiers.kind == "net" and self._peek().text == "mask":
            self._take()
            mask = self._take().text
        wanted = wanted_network(word.text, is_net=qualifiers.kind == "net", mask=mask)
        if isinstance(wanted, str):
            self._refuse(word, wanted)
        needed = ("", "ip6") if wanted.version == 6 else ("", "ip", "arp", "rarp")
        if qualifiers.protocol not in needed:
            self._refuse(word, f"{qualifiers.protocol} has no address of IPv{wanted.version}")
        return made.network(qualifiers, wanted)

    def _ports(self, qualifiers: Qualifiers, word: FilterWord) -> Tree:
        found = port_range(word.text, is_range=qualifiers.kind == "portrange")
        if isinstance(found, str):
            self._refuse(word, found)
        return made.ports(qualifiers, *found)

    def _protocol_number(self, qualifiers: Qualifiers, word: FilterWord) -> Tree:
        if qualifiers.way:
            self._refuse(word, "a protocol has no src or dst")
        if qualifiers.protocol == "ether":
            number = LINKS.get(word.text)
            return made.link(
                self._number(word, word.text, 0xFFFF) if number is None else number, self._depth
            )
        known = PROTOCOLS.get(word.text)
        number = self._number(word, word.text, 0xFF) if known is None else known
        each: dict[str, Callable[[int, int], Tree]] = {"ip": made.of_ipv4, "ip6": made.of_ipv6}
        if qualifiers.protocol:
            return each[qualifiers.protocol](number, self._depth)
        return some(*(build(number, self._depth) for build in each.values()))

    # ---- single words ------------------------------------------------------------------------

    def _group(self, word: FilterWord, protocol: str = "ether") -> Tree:
        if word.text == "broadcast" and protocol != "ether":
            self._refuse(word, f"{protocol} broadcast needs a netmask; write ether broadcast")
        return made.group(word.text, protocol, self._depth)

    def _vlan(self, word: FilterWord) -> Tree:
        del word
        number = None
        if self._peek().text.isdecimal():
            following = self._take()
            number = self._number(following, following.text, 4095)
        self._depth += 1
        return Tagged(self._depth - 1, number)

    def _less(self, word: FilterWord) -> Tree:
        del word
        value = self._take()
        return Negated(LongerThan(self._number(value, value.text)))

    def _greater(self, word: FilterWord) -> Tree:
        del word
        value = self._take()
        return LongerThan(self._number(value, value.text) - 1)

    def _length(self, word: FilterWord) -> Tree:
        sign, value = self._take(), self._take()
        length = self._number(value, value.text)
        above, below = LongerThan(length), LongerThan(length - 1)
        signs: dict[str, Tree] = {
            ">": above, ">=": below, "<": Negated(below), "<=": Negated(above),
            "=": every(below, Negated(above)), "!=": some(Negated(below), above),
        }  # fmt: skip
        if sign.text not in signs:
            self._refuse(word, "len is compared: len > 1000, len <= 64")
        return signs[sign.text]

    def _outside(self, word: FilterWord) -> Tree:
        value = self._take()
        if value.text in ("", "and", "or", "not", "(", ")"):
            self._refuse(value, f"{word.text} needs a name or a number behind it")
        if word.text == "pid":
            self._number(value, value.text)
        return Fact(word.text, value.said, word.at)
