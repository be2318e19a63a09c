"""The comparison: the same frames through several datapaths, each in a machine of its own, in step.

Every datapath begins with the first frame and is at the same trace time as the others, so all of its
numbers are of the same traffic. They are totals since the start, told in meters only.
"""

from collections.abc import Callable

from kbview.state.pace import Pace
from kbview.state.player import BUDGET_S, Player
from kbview.state.state import State
from kbview.tape.detail import Detail
from kbview.tape.source import Source

MOST = 4  # datapaths side by side
FINE = 100  # columns


class Comparison:
    """Players of twins, by datapath, in the order in which they were chosen."""

    def __init__(self, twin: Callable[[str], Source]) -> None:
        self._twin = twin
        self._players: dict[str, Player] = {}
        self.now_ps = 0

    @property
    def states(self) -> dict[str, State]:
        """The state of each datapath at `now_ps`."""
        return {name: player.state for name, player in self._players.items()}

    def add(self, datapath: str, pace: Pace) -> None:
        """Take another in, from the start; it has to catch up. Its columns are those of `pace`."""
        player = Player(self._twin(datapath))
        player.set_detail(Detail.METERS)
        player.pace = pace
        self._players[datapath] = player

    def remove(self, datapath: str) -> None:
        """Leave one out."""
        self._players.pop(datapath).source.close()

    def close(self) -> None:
        """Let go of all of them."""
        for datapath in list(self._players):
            self.remove(datapath)

    def advance(self, now_ps: int) -> None:
        """Go to a time, or as near as all get in one frame's time: `now_ps` is where they meet."""
        budget_s = BUDGET_S / max(1, len(self._players))
        reached = [_produce(player, now_ps, budget_s) for player in self._players.values()]
        ended = [player.ended for player in self._players.values()]
        going = [ps for ps, end in zip(reached, ended, strict=True) if not end]
        meet_ps = min([*(going or reached), now_ps])
        for player in self._players.values():
            _put(player, meet_ps)
        self.now_ps = meet_ps


def _produce(player: Player, now_ps: int, budget_s: float) -> int:
    """Towards a time, with a sample a column where it is near: the last ones are what is drawn."""
    fine_ps = now_ps - FINE * player.pace.column_ps
    if player.tape.end_ps < fine_ps:
        return player.produce(fine_ps, budget_s)
    reached_ps = player.tape.end_ps
    for _ in range(FINE):
        until_ps = min(now_ps, player.tape.end_ps + player.pace.column_ps)
        reached_ps = player.produce(until_ps, budget_s / FINE)
        if reached_ps < until_ps or reached_ps >= now_ps:
            break
    return reached_ps


def _put(player: Player, now_ps: int) -> None:
    state = player.state
    if now_ps < state.now_ps or state.histories.column_ps != player.pace.column_ps:
        player.go(player.tape.position_at(now_ps), now_ps)
    else:
        player.show(now_ps)
