"""The session: what all screens look at together: one player, one chosen packet, one theme."""

from collections.abc import Callable

from kbview.state.journeys import Journeys
from kbview.state.player import Player
from kbview.state.transport import Transport
from kbview.tape.events import NO_PACKET
from kbview.tape.source import Source
from kbview.ui.theme import Theme

Twin = Callable[[str], Source]  # the same traffic from its start, through another datapath

NO_TWIN = "this traffic cannot be had a second time"


class Session:
    """`message` stands in the place of the sentence of why. `twin` is None, with the reason beside it,
    where the traffic cannot be had a second time.
    """

    def __init__(
        self,
        player: Player,
        theme: Theme,
        *,
        ascii_only: bool = False,
        twin: Twin | None = None,
        no_twin: str = NO_TWIN,
    ) -> None:
        self.player = player
        self.transport = Transport(player)
        self.journeys = Journeys()
        self.theme = theme
        self.ascii = ascii_only
        self.twin = twin
        self.no_twin = no_twin
        self.message = ""
        self.chosen = NO_PACKET
        self.closing: list[Callable[[], None]] = [player.source.close]

    def close(self) -> None:
        """Let go of every source that was opened."""
        for close in self.closing:
            close()

    @property
    def packet(self) -> int:
        """The packet that is looked at: the chosen one, the followed one, in a pause the one that moved
        last, else the last whose journey is whole."""
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
