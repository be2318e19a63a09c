"""The order of the ways to forward a frame at a million frames a second."""

from typing import get_args

import pytest

from kbview.emulator.datapaths.af_xdp.xsk import TxWakeup
from kbview.emulator.scenario import Traffic
from kbview.emulator.settings import Settings
from kbview.experiment.figure import mean_latency_us
from tests.emulator.running import emulation, stretch

# TRex gives its DPDK port 32 frames at once (trex-core, MAX_PKT_BURST): 32 frames every 32 us.
TREX = Traffic(rate_pps=1_000_000, pattern="train", burst_frames=32)


def mean_us(datapath: str, **settings: object) -> float:
    chosen = Settings(**{"cores": 1, "app": "forward"} | settings)  # type: ignore[arg-type]
    return mean_latency_us(stretch(emulation(datapath, chosen, TREX), 2_000, 6_000)) or 0.0


def test_a_shorter_way_answers_sooner() -> None:
    """XDP paper, CoNEXT 2018: at 1 Mpps DPDK answers in 3 us, XDP in 7, Linux in 20."""
    linux = mean_us("kernel")
    dpdk, redirect = mean_us("dpdk"), mean_us("kernel", forward_at="xdp_redirect")
    assert dpdk < redirect < linux
    assert mean_us("kernel", forward_at="xdp_tx") < linux
    assert mean_us("af_xdp") < linux


def test_a_wake_up_spares_a_frame_the_wait_for_a_completion() -> None:
    """i40e_xsk_wakeup(): i40e_force_wb() interrupts at once; mlx5 waits for a moderated completion.

    Evenly spaced frames show it: with the rule of mlx5 a frame in TX waits until the next interrupt,
    up to 16 us away, beyond the wait for its reception.
    """
    even = Traffic(rate_pps=1_000_000)
    means = {}
    for rule in get_args(TxWakeup):
        chosen = Settings(cores=2, app="forward", tx_wakeup=rule)
        means[rule] = mean_latency_us(stretch(emulation("af_xdp", chosen, even), 2_000, 6_000)) or 0.0
    assert means["idle"] > 16
    assert means["always"] < 5


def test_by_default_af_xdp_answers_evenly_spaced_frames_sooner_than_the_stack() -> None:
    """i40e_clean_xdp_tx_irq() asks for a wake-up after each cleaning; so do ice, igb and igc."""
    even = Traffic(rate_pps=1_000_000)
    means = {
        name: mean_latency_us(
            stretch(emulation(name, Settings(cores=1, app="forward"), even), 2_000, 6_000)
        )
        or 0.0
        for name in ("dpdk", "af_xdp", "kernel")
    }
    assert means["dpdk"] < means["af_xdp"] < means["kernel"]


@pytest.mark.parametrize("raises", [False, True])
def test_mlx5_cleans_frames_of_xdp_tx_in_its_next_poll(*, raises: bool) -> None:
    """mlx5e_napi_poll() arms the completions of XDP_REDIRECT, not of XDP_TX: one interrupt a burst."""
    chosen = Settings(cores=1, app="forward", forward_at="xdp_tx", xdp_tx_irq=raises)
    meters = stretch(emulation("kernel", chosen, TREX), 2_000, 6_400)
    bursts = 6_400 / 32
    assert meters.interrupts == pytest.approx(bursts * (2 if raises else 1), rel=0.02)
    assert meters.sent == pytest.approx(32 * bursts, abs=64)
