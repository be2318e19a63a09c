"""States to draw: empty, and after some play on each datapath of the scripted source."""

from kbview.state.player import Player
from kbview.state.state import State
from tests.ui.scripted import Scripted


def played(*datapaths: str, frames: int = 30, source: Scripted | None = None) -> Player:
    """A player after so many frames on each of the datapaths in turn."""
    player = Player(source or Scripted())
    for datapath in datapaths or ("kernel",):
        player.switch(datapath)
        for _ in range(frames):
            player.tick(0.1)
    return player


STATES: dict[str, State] = {
    "empty": State(),
    "kernel": played("kernel").state,
    "toggled": played("kernel", "dpdk").state,
}
