"""The session: the state that all screens share: one player, one chosen packet, one theme."""

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from kbview.state.journeys import Journeys
from kbview.state.player import Player
from kbview.state.slide import Slide
from kbview.state.transport import Transport
from kbview.tape.events import NO_PACKET
from kbview.tape.source import Source
from kbview.tape.tape import Reel
from kbview.ui.sweeper import Sweeper
from kbview.ui.theme import Theme
from kbview.ui.tutor import Tutor

Twin = Callable[[str], Source]  # the same traffic from its start, through another datapath

Save = Callable[[str, Reel], str]


class ShelfItem(NamedTuple):
    """A source that can be opened: its word, its kind and its one-line caption."""

    word: str
    kind: str
    caption: str


class SettingRow(NamedTuple):
    """A setting of the open source as plain text; `default` is the value where nobody sets it."""

    key: str
    value: str
    default: str
    unit: str
    bounds: str
    meaning: str

    @property
    def explained(self) -> str:
        """The meaning, the bounds and the default, as sentences."""
        bounds = f" {self.bounds}." if self.bounds else ""
        return f"{self.meaning}.{bounds} Default: {self.default}."


class Library(Protocol):
    """The sources that the caller of the screen can open."""

    def shelf(self) -> Sequence[ShelfItem]:
        """Everything that can be opened: scenarios, recordings, files of this folder, recent files."""

    def open(self, word: str) -> "Opened":
        """Another source; SourceError with one line if it cannot be had."""

    def settings(self) -> Sequence[SettingRow]:
        """The settings of the open source; empty if it has none."""

    def restart(self, changes: Sequence[tuple[str, str]]) -> "Opened":
        """The open source with other settings; SourceError with one line if they are refused."""


class Offers(NamedTuple):
    """The services of the caller that opens the screen, or the reason why there is none.

    `save` writes a tape to a file of this name and says so; None where it is a file already.
    `library` opens other sources, None where there is only this one.
    `greeting` stands above the sentence until the first key.
    `at` is the place to begin at, in the words of the key `g`; "" is the source's beginning.
    `words` explains names that come from outside, such as profiles and sources of costs.
    `tutor` has the lessons, None where there are none.
    `other_load` makes a source of the same traffic through a datapath, at a light load if this load is
    heavy and the reverse; None where the load cannot be chosen.
    `sweeper` makes the sweeper of the settings, None where the traffic cannot be emulated anew.
    """

    twin: Twin | None = None
    no_twin: str = "this traffic cannot be had a second time"
    save: Save | None = None
    words: Callable[[], Sequence[tuple[str, str]]] = tuple
    library: Library | None = None
    greeting: str = ""
    at: str = ""
    tutor: Tutor | None = None
    sweeper: Callable[[], Sweeper] | None = None
    other_load: Twin | None = None


NOTHING = Offers()


class Opened(NamedTuple):
    """A source with its offers."""

    source: Source
    offers: Offers


class Session:
    """`message` stands above the sentence for a while; `failed`: for good, the source cannot go on."""

    def __init__(
        self, player: Player, theme: Theme, *, ascii_only: bool = False, offers: Offers = NOTHING
    ) -> None:
        self.player = player
        self.transport = Transport(player)
        self.journeys = Journeys()
        self.theme = theme
        self.ascii = ascii_only
        self.offers = offers
        self.message = offers.greeting
        self.failed = False
        self.chosen = NO_PACKET
        self.closing: list[Callable[[], None]] = [player.source.close]

    @property
    def slow(self) -> bool:
        """Whether the screens show single packets: paused, or slow enough to follow them."""
        return not self.player.playing or self.player.slow

    @property
    def slide(self) -> Slide | None:
        """The step of a lesson on the screen; None if no lesson is open."""
        return None if self.offers.tutor is None else self.offers.tutor.slide

    @property
    def followed(self) -> int:
        """The packet that was chosen or is followed, else the packet of the last event in a pause."""
        player = self.player
        moved = NO_PACKET
        if not player.playing:
            moved = getattr(player.state.last_event, "packet", NO_PACKET)
        wanted = (self.transport.followed, self.chosen, moved)
        return next((packet for packet in wanted if packet != NO_PACKET), NO_PACKET)

    @property
    def marked(self) -> tuple[int, bool]:
        """The packet to mark on the road, and whether no other packet may be marked in its place."""
        return self.followed, self.transport.followed != NO_PACKET

    def close(self) -> None:
        """Let go of every source that was opened."""
        for close in self.closing:
            close()

    @property
    def packet(self) -> int:
        """The packet that is looked at: the chosen or followed packet, in a pause the last to move,
        else the last packet with a whole journey."""
        self.journeys.follow(self.player.tape, self.player.state)
        known = self.journeys.packets()
        moved = NO_PACKET
        if not self.player.playing:
            moved = getattr(self.player.state.last_event, "packet", NO_PACKET)
        if not self.journeys.came_in(moved):
            moved = NO_PACKET
        wanted = (self.chosen, self.transport.followed, moved, self.journeys.ended)
        found = next((packet for packet in wanted if packet in known), None)
        if found is not None:
            return found
        return known[-1] if known else NO_PACKET
