"""A datagram that left the cache while it waited: its copy waits for memory, a few lines of it."""

import msgspec
import pytest

from kbview.emulator.kernel.call.cold_copy import UNTIL_PREFETCHED, cold_lines
from kbview.emulator.scenario import Traffic
from kbview.emulator.settings import ScenarioError, Settings
from kbview.sources.emulated import profile
from kbview.tape.meter import Meters
from tests.emulator.running import at_both_details, finished

LARGE = 4_194_304  # net.core.rmem_max since August 2025
DEFAULT = 212_992


def flooded(size: int, rcvbuf: int = LARGE, *, cold: bool = True) -> Meters:
    settings = Settings(wait="read", rcvbuf=rcvbuf, cold_copies=cold)
    return finished("kernel", settings, Traffic(rate_pps=1.7e6, size=size, flows=1, frames=30_000))


@pytest.mark.parametrize(("size", "lines"), [(64, 0), (68, 0), (69, 1), (132, 1), (196, 2), (260, 3)])
def test_the_line_of_the_headers_is_there_and_each_further_line_misses(size: int, lines: int) -> None:
    """The FCS is not in memory; softirq has read the first 64 bytes."""
    assert cold_lines(size) == lines


@pytest.mark.parametrize("size", [512, 1518])
def test_a_long_copy_pays_for_no_more_lines_than_the_prefetcher_needs(size: int) -> None:
    """Intel optimization manual, data prefetching: a stream of misses in a row is fetched ahead."""
    assert cold_lines(size) == UNTIL_PREFETCHED


def test_only_a_buffer_beyond_the_share_has_cold_copies() -> None:
    """92 datagrams of a default buffer are 142 KB, of a large one 2.8 MB; DDIO's share is 1.5 MB."""
    facts = profile.load("xdp18").memory
    assert facts is not None
    assert facts.ddio_bytes is not None
    assert DEFAULT // 2304 * 1600 < facts.ddio_bytes < LARGE // 2304 * 1600
    assert "cold_line" not in flooded(1518, DEFAULT).stages
    meters = flooded(1518)
    assert 0.5 < meters.stages["cold_line"].count / (UNTIL_PREFETCHED * meters.delivered) < 1


def test_the_copy_is_slower_by_the_lines_and_a_larger_buffer_serves_less() -> None:
    """As with a larger ring, and with a larger window of TCP (Cai et al., SIGCOMM 2021)."""
    cold, warm, small = flooded(1518), flooded(1518, cold=False), flooded(1518, DEFAULT)
    lines = cold.stages["cold_line"]
    assert lines.total_ps == lines.count * 56_400
    per_cold = sum(core.copy_ps for core in cold.cores) / cold.delivered
    per_warm = sum(core.copy_ps for core in warm.cores) / warm.delivered
    assert per_cold - per_warm == pytest.approx(lines.total_ps / cold.delivered, abs=1)
    spent = [sum(core.syscall_ps + core.copy_ps for core in each.cores) for each in (cold, small)]
    assert spent[0] / cold.delivered > 1.1 * spent[1] / small.delivered


def test_detail_changes_nothing() -> None:
    settings = Settings(wait="read", rcvbuf=LARGE, cold_copies=True, page_conflicts=True)
    traffic = Traffic(pattern="poisson", rate_pps=1.7e6, size=1518, flows=1, frames=8000)
    coarse, fine = at_both_details("kernel", settings, traffic)
    assert coarse.stages["cold_line"].count > 0
    assert msgspec.to_builtins(coarse) == msgspec.to_builtins(fine)


def test_a_call_without_a_price_is_refused() -> None:
    with pytest.raises(ScenarioError, match='use recv_call = "recv"'):
        Settings(cold_copies=True, recv_call="recvmmsg")
