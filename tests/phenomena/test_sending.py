"""Published effects of sending."""

import pytest

from kbview.emulator.emulation import Emulation
from kbview.emulator.scenario import SYNTHETIC_HOST, Traffic
from kbview.emulator.settings import Settings
from kbview.sources.emulated import profile


def sent_mpps(name: str, **settings: object) -> float:
    """On the machine of the netmap paper: one core, 64 bytes, 10 Gb/s."""
    made = Emulation(
        profile.load("netmap12"),
        Settings(app="generate", cores=1, link_gbps=10.0, send_frames=10**6, **settings),  # type: ignore[arg-type]
        SYNTHETIC_HOST,
        iter(()),
        name,
    )
    made.advance(2 * 10**9)
    before = made.sample().meters.sent
    made.advance(4 * 10**9)
    return (made.sample().meters.sent - before) / 2000


def test_a_call_a_frame_a_kernel_thread_and_a_call_a_batch() -> None:
    """L. Rizzo, netmap, USENIX ATC 2012, fig. 5: sendto() 1.05, pktgen about 4, netmap 14.88 Mpps."""
    sendto = sent_mpps("kernel")
    pktgen = sent_mpps("kernel", generator="pktgen", burst=1, clone_skb=100_000)
    netmap = sent_mpps("netmap", burst=64)
    assert 3 < pktgen / sendto < 5
    assert netmap == pytest.approx(14.88, rel=0.01)
    assert netmap > 12 * sendto


def test_one_doorbell_for_many_frames_speeds_a_driver_up() -> None:
    """J. Corbet, "Bulk network packet transmission", lwn.net 2014: xmit_more, one tail write."""
    single, many = (
        sent_mpps("kernel", generator="pktgen", burst=burst, clone_skb=100_000) for burst in (1, 32)
    )
    assert many > 1.5 * single


def af_xdp(app: str, **settings: object) -> float:
    """Millions a second that an AF_XDP application handles at 2.4 GHz, after it has settled."""
    given = {"cores": 1, "burst": 64, "ring": 512, "clock_mhz": 2400, "send_frames": 10**8}
    made = Emulation(
        profile.load("xdp18"),
        Settings(app=app, **given | settings),  # type: ignore[arg-type]
        SYNTHETIC_HOST,
        Traffic(rate_pps=2e7).chunks(1),
        "af_xdp",
    )
    made.advance(2 * 10**9)
    before = made.sample().meters
    made.advance(5 * 10**9)
    after = made.sample().meters
    count = after.sent if app == "generate" else after.dropped
    return (count - (before.sent if app == "generate" else before.dropped)) / 3000


def test_a_second_core_for_the_application_is_worth_half_as_much_again() -> None:
    """M. Karlsson, need_wakeup cover letter, 2019: rxdrop 8.2 and 11.7, txpush 21.6 and 33.1 Mpps."""
    # The driver of 2019 asked for a wake-up to send as mlx5 does now.
    for app, least in (("drop", 1.3), ("generate", 1.4)):
        alone = af_xdp(app, tx_wakeup="idle")
        assert least < af_xdp(app, cores=2, tx_wakeup="idle") / alone < 1.9


def test_without_need_wakeup_a_core_that_both_share_does_next_to_nothing() -> None:
    """The same: 0.06 and 0.07 Mpps; the driver spins for chunks that the application cannot give."""
    for app in ("drop", "generate"):
        assert af_xdp(app, need_wakeup=False) < 0.05 * af_xdp(app)
