"""The comparison: the same traffic through several datapaths, each in a machine of its own, in step.

Every datapath begins with the first frame and is at the same trace time as the others. In an open loop
each has seen the same frames; clients that wait for answers send less to a slower host. Numbers are
totals since the start, from meters only.
"""

from collections.abc import Callable, Sequence

from kbview.state.player import BUDGET_S, Player
from kbview.state.speed import Speed
from kbview.state.state import State
from kbview.tape.detail import Detail
from kbview.tape.source import DatapathChoice, Source

MOST = 4  # datapaths side by side
FINE = 100  # columns


def first_beside(choices: Sequence[DatapathChoice], shown: str, tcp: bool) -> list[str]:
    """The datapaths that can stand beside `shown`, in order: of TCP traffic, a TCP comes first."""
    able = [one for one in choices if not one.refusal and one.name != shown]
    return [one.name for one in (sorted(able, key=lambda one: not one.speaks_tcp) if tcp else able)]


class CompareRun:
    """Players of twins, by datapath, in the order in which they were chosen."""

    def __init__(self, twin: Callable[[str], Source]) -> None:
        self._twin = twin
        self._players: dict[str, Player] = {}
        self.now_ps = 0

    @property
    def states(self) -> dict[str, State]:
        """The state of each datapath at `now_ps`."""
        return {name: player.state for name, player in self._players.items()}

    def add(self, datapath: str, speed: Speed) -> None:
        """Take another in, from the start; it has to catch up. `speed` sets the width of columns."""
        player = Player(self._twin(datapath))
        player.set_detail(Detail.METERS)
        player.speed = speed
        self._players[datapath] = player

    def remove(self, datapath: str) -> None:
        """Leave one out."""
        self._players.pop(datapath).source.close()

    def close(self) -> None:
        """Let go of all of them."""
        for datapath in list(self._players):
            self.remove(datapath)

    def advance(self, now_ps: int, detail: Detail = Detail.METERS) -> None:
        """Go to a time, or as near as all get in one frame's time: `now_ps` is where they meet.

        They meet at a moment for which every tape has a sample, so that no total is older than
        another's. `detail` is that of the columns near `now_ps`.
        """
        budget_s = BUDGET_S / max(1, len(self._players))
        for player in self._players.values():
            _produce(player, now_ps, budget_s, detail)
        meet_ps = _common_ps(list(self._players.values()), now_ps)
        for player in self._players.values():
            _put(player, meet_ps)
        self.now_ps = meet_ps


def _common_ps(players: list[Player], now_ps: int) -> int:
    """The latest time up to `now_ps` for which every tape that has not ended before has a sample."""
    while True:
        sampled = [_sampled_ps(player, now_ps) for player in players]
        going = [
            ps
            for ps, player in zip(sampled, players, strict=True)
            if not player.source.ended or ps < player.tape.end_ps
        ]
        if len(set(going)) <= 1 or not min(going):
            return min(going, default=now_ps)
        now_ps = min(going)


def _sampled_ps(player: Player, now_ps: int) -> int:
    """When the last sample of a tape up to a time was taken; 0 if there is none."""
    tape = player.tape
    at = tape.sample_before(tape.position_at(now_ps))
    return 0 if at is None else tape.sample_time_at(at)


def _produce(player: Player, now_ps: int, budget_s: float, detail: Detail) -> None:
    """Towards a time, with a sample at the end of each column where it is near.

    Columns end at the same times for every player, so that their samples stand at the same times.
    """
    column_ps = player.speed.column_ps
    fine_ps = (now_ps // column_ps - FINE) * column_ps
    if player.tape.end_ps < fine_ps:
        player.set_detail(Detail.METERS)
        player.produce(fine_ps, budget_s)
        return
    player.set_detail(detail)
    for _ in range(FINE):
        until_ps = min(now_ps, (player.tape.end_ps // column_ps + 1) * column_ps)
        reached_ps = player.produce(until_ps, budget_s / FINE)
        if reached_ps < until_ps or reached_ps >= now_ps:
            break


def _put(player: Player, now_ps: int) -> None:
    state = player.state
    if now_ps < state.now_ps or state.histories.column_ps != player.speed.column_ps:
        player.go(player.tape.position_at(now_ps), now_ps)
    elif player.fold(player.tape.position_at(now_ps)):
        state.pass_time(now_ps)
    else:  # too far for one frame
        player.go(player.tape.position_at(now_ps), now_ps)
