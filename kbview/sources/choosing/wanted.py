"""WantedPackets: the packets that a live source shows: the filter's, without the viewer's own SSH."""

import os
from pathlib import Path

import msgspec

from kbview.packet.filter.filter_error import FilterError
from kbview.packet.filter.filter_parser import parse_filter, parse_for
from kbview.packet.filter.filter_tree import EVERYTHING, Fact, Negated, Tree, every, facts, replaced
from kbview.sources.choosing.own_connection import OwnConnection, addressed, own_connection
from kbview.sources.choosing.socket_filter import all_sockets, with_sockets
from kbview.sources.request import Choice
from kbview.tape.source import SourceError

_NAMESPACES = Path("/run/netns")


class WantedPackets(msgspec.Struct, frozen=True):
    """`chosen` is the viewer's filter, `shown` the same without the viewer's own connection.

    None takes all packets. `own` is that connection, where its packets are on the interface.
    """

    text: str = ""
    chosen: Tree | None = None
    own: OwnConnection | None = None

    @property
    def shown(self) -> Tree | None:
        """The filter that leaves the viewer's own connection out."""
        if self.own is None:
            return self.chosen
        other = Negated(parse_filter(self.own.filter))
        return other if self.chosen is None else every(self.chosen, other)

    @property
    def asks_sockets(self) -> bool:
        """Whether the filter has words about sockets: its packets are others from time to time."""
        return self.chosen is not None and any(True for _ in facts(self.chosen))

    def now(self) -> Tree | None:
        """`shown`, with the packets of the sockets that are open at this moment."""
        shown = self.shown
        if shown is None or not self.asks_sockets:
            return shown
        try:
            return with_sockets(shown, all_sockets())
        except OSError as error:
            raise SourceError(f"this kernel lists no sockets for {self.text!r}: {error}", 5) from error

    @property
    def label(self) -> str:
        """A clause for the screen, "" where every packet is shown."""
        own = f"your SSH from {self.own.remote.address} left out" if self.own is not None else ""
        return "; ".join(filter(None, (f"only {self.text}" if self.text else "", own)))

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences for the screen: the filter, and the packets that are left out."""
        said = []
        if self.text:
            said.append(f"packets: {self.text}")
        if self.own is not None:
            said.append(
                f"your SSH connection from {self.own.remote.address} is left out, but of sent frames; "
                "--keep-ssh shows it"
            )
        return tuple(said)


def wanted_packets(
    word: str, choice: Choice, interface: str, known: frozenset[str] = frozenset()
) -> WantedPackets:
    """The choice's filter for a live source; `known` are facts that it answers beside netns.

    Raises SourceError for a filter that cannot be used there.
    """
    text = choice.filter or choice.usual_filter
    try:
        tree = parse_for(text, known | {"netns"}, f"by {word}") if text.strip() else None
        if tree is not None:
            tree = replaced(tree, {each: _here(text, each, word) for each in facts(tree)})
    except FilterError as refused:
        raise SourceError(str(refused), 2) from refused
    own = None if choice.keep_ssh else own_connection()
    if own is not None and interface and not addressed(own, interface):
        own = None
    return WantedPackets(text.strip(), tree, own)


def _here(text: str, fact: Fact, word: str) -> Tree:
    """Every packet of a source is in the source's namespace; another fact stays."""
    if fact.word != "netns":
        return fact
    here = os.stat("/proc/thread-self/ns/net").st_ino
    try:
        asked = int(fact.value) if fact.value.isdecimal() else (_NAMESPACES / fact.value).stat().st_ino
    except OSError:
        names = ", ".join(sorted(path.name for path in _NAMESPACES.glob("*"))) or "none with a name"
        raise FilterError(
            text, fact.at, f"no network namespace {fact.value!r}; there is {names}"
        ) from None
    if asked != here:
        said = f"{word} is in another network namespace; run: ip netns exec {fact.value} kbview {word}"
        raise FilterError(text, fact.at, said)
    return EVERYTHING
