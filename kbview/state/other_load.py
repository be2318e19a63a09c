"""The other load: a short run of the same traffic at another rate, for its costs."""

from kbview.state.player import Player
from kbview.state.report import Report, build
from kbview.tape.detail import Detail
from kbview.tape.source import Source

_ENOUGH = 1_000  # delivered packets, so that start-up costs weigh less than a hundredth
_STRETCH_PS = 10**9
_MOST = 100  # stretches
_MOST_ARRIVED = 25_000  # in a livelock nothing is delivered, and a screen waits for the run


def measured(source: Source) -> Report:
    """The report of a run until 1,000 packets were delivered.

    It ends earlier after 25,000 arrivals or 100 ms of trace time. The source stays open.
    Errors: SourceError if the source cannot go on.
    """
    player = Player(source)
    player.set_detail(Detail.METERS)
    for _ in range(_MOST):
        player.show(player.produce(player.tape.end_ps + _STRETCH_PS))
        meters = player.state.meters
        if meters.delivered >= _ENOUGH or meters.arrived >= _MOST_ARRIVED or player.ended:
            break
    return build(source.heading, source.capabilities.meters, player.state)
