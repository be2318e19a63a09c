"""Rules and connection tracking: what each hook costs, and the line that all cores write."""

from typing import Any

import msgspec
import pytest

from kbview.emulator.scenario import Traffic
from kbview.emulator.settings import Settings
from tests.emulator.running import at_both_details, finished

OVERLOAD = Traffic(pattern="poisson", rate_pps=12e6, flows=64, frames=5000)


@pytest.mark.parametrize("queues", [1, 3])
@pytest.mark.parametrize("drop_at", ["raw", "input", "reject"])
def test_nothing_is_lost_and_detail_changes_nothing(drop_at: str, queues: int) -> None:
    shape: dict[str, Any] = {
        "cores": queues,
        "queues": queues,
        "app": "drop",
        "drop_at": drop_at,
        "conntrack": True,
    }
    coarse, fine = at_both_details("kernel", Settings(**shape), OVERLOAD)
    assert coarse.conserved()
    assert coarse.allocations == coarse.frees
    assert msgspec.to_builtins(coarse) == msgspec.to_builtins(fine)
    assert ("nf_conntrack_in" in coarse.stages) == (drop_at != "raw")  # raw comes before


def test_the_counter_s_line_travels_only_between_cores() -> None:
    """One core never waits for it; of several, each writes twice a packet and mostly fetches it."""
    shape: dict[str, Any] = {"app": "drop", "drop_at": "input", "conntrack": True}
    assert "line_transfer" not in finished("kernel", Settings(cores=1, **shape), OVERLOAD).stages
    meters = finished("kernel", Settings(cores=3, queues=3, **shape), OVERLOAD)
    dropped = meters.drops["ip/NETFILTER_DROP"]
    transfer = meters.stages["line_transfer"]
    assert dropped < transfer.count <= 2 * dropped
    assert transfer.total_ps > transfer.count * 42_000  # some waited for others' transfers
    alone = finished("kernel", Settings(cores=3, queues=3, app="drop", drop_at="input"), OVERLOAD)
    assert "line_transfer" not in alone.stages


@pytest.mark.parametrize("rate_pps", [5e5, 4e6])
def test_what_is_known_is_looked_up_and_not_counted(rate_pps: float) -> None:
    """A packet that reaches its socket is of a confirmed connection: its entry stays."""
    traffic = Traffic(pattern="poisson", rate_pps=rate_pps, frames=3000)
    coarse, fine = at_both_details("kernel", Settings(conntrack=True), traffic)
    assert coarse.delivered + coarse.dropped + coarse.missed == 3000
    assert coarse.stages["nf_conntrack_in"].count == 3000 - coarse.missed
    assert "line_transfer" not in coarse.stages
    assert msgspec.to_builtins(coarse) == msgspec.to_builtins(fine)
