"""Laws of the wire and of interrupt moderation: time is neither lost nor won by rounding."""

from itertools import chain, islice

import pytest

from kbview.emulator.hardware.cable import Cable, line_rate_pps
from kbview.emulator.scenario import Scenario, Traffic
from kbview.emulator.settings import Settings
from kbview.packet.frame import WIRE_OVERHEAD
from tests.emulator.running import emulation, stretch

LINKS = (0.1, 1, 2.5, 10, 25, 40, 100, 200, 300, 400, 800)
GAP = 12


@pytest.mark.parametrize("gbps", LINKS)
def test_frames_back_to_back_take_their_bits(gbps: float) -> None:
    """IEEE 802.3: n frames of 64 bytes take n * 84 * 8 bit times; at 300 Gb/s each is 2,240 ps.

    The end of a frame is a whole number of picoseconds, so it is off by less than one, and the
    fraction of the gap behind the last frame by half.
    """
    cable, frames = Cable(gbps), 100_000
    left_ps = 0
    for _ in range(frames):
        left_ps = cable.put(64, 0)
    exact_ps = (frames * (64 + WIRE_OVERHEAD) - GAP) * 8000 / gbps
    assert abs(left_ps - exact_ps) <= 1.5


@pytest.mark.parametrize("gbps", LINKS[:-1])
@pytest.mark.parametrize("size", [64, 1518, "imix"])
def test_a_full_link_carries_its_line_rate(gbps: float, size: int | str) -> None:
    """As above, for a sender that keeps the link full: 14.88 million frames a second at 10 Gb/s."""
    mean = Traffic(size=size).mean_length  # type: ignore[arg-type]
    most_pps = line_rate_pps(mean, gbps) * (1 - 1e-12)
    traffic = Traffic(pattern="poisson", size=size, rate_pps=most_pps)  # type: ignore[arg-type]
    made = [*islice(chain.from_iterable(traffic.chunks(1, gbps)), 20_000)]
    ends = [frame.arrived_ps for frame in made]
    taken = sum(frame.length + WIRE_OVERHEAD for frame in made[1:]) * 8000 / gbps
    assert ends[-1] - ends[0] >= taken - 1
    if size != "imix":
        assert ends[-1] - ends[0] == pytest.approx(taken, rel=1e-11, abs=1)


def test_line_rate_at_64_bytes_is_as_everybody_quotes_it() -> None:
    """RFC 2544 and RFC 5180, appendix A: 14,880,952 frames a second at 10 Gb/s, 148,809,523 at 100."""
    assert int(line_rate_pps(64, 10)) == 14_880_952
    assert int(line_rate_pps(64, 100)) == 148_809_523
    assert int(line_rate_pps(64, 300)) == 446_428_571
    assert int(line_rate_pps(1518, 10)) == 812_743


def test_two_streams_on_one_link_lose_no_time() -> None:
    """A flood that fills the link beside a useful stream: the bits of all frames, and nothing more."""
    gbps = 300.0
    scenario = Scenario(
        "s",
        "",
        settings=Settings(link_gbps=gbps),
        traffic=Traffic(rate_pps=4e8, frames=20_000),
        flood=Traffic(rate_pps=4e8, port=9, frames=20_000),
    )
    made = [*chain.from_iterable(scenario.chunks())]
    taken_ps = 84 * 8000 / gbps * (len(made) - 1)
    assert made[-1].arrived_ps - made[0].arrived_ps == pytest.approx(taken_ps, abs=1)


@pytest.mark.parametrize("period_us", [16, 50, 125])
def test_an_interrupt_comes_once_a_period(period_us: float) -> None:
    """82599 datasheet, 7.3.2.1: the time between two messages of a vector is at least the throttle.

    The NIC counts from its message. Frames always wait when the period ends, and a poll is over
    before, so N periods have N interrupts; one more or less at the ends of the stretch.
    """
    settings = Settings(moderation_us=period_us, moderation_frames=0)
    traffic = Traffic(rate_pps=400_000)
    periods = 400
    grown = stretch(emulation("kernel", settings, traffic), 2000, periods * period_us)
    assert grown.interrupts == pytest.approx(periods, abs=1)
