"""Published effects of sending."""

import pytest

from kbview.emulator.emulation import Emulation
from kbview.emulator.scenario import SYNTHETIC_HOST
from kbview.emulator.settings import Settings
from kbview.sources import profile


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
