"""What merging packets spares, and what a batch of calls does not. Nothing is there to produce it."""

from typing import Any

import pytest

from kbview.emulator.cost import Prices
from kbview.emulator.kernel.skb import RX_BUFFER
from kbview.emulator.scenario import Traffic
from kbview.emulator.settings import Settings
from kbview.sources.emulated import profile
from kbview.tape.meter import Meters
from kbview.validation.quantity import QUANTITIES
from tests.emulator.running import CALIBRATION, emulation, stretch

US_PS = 1_000_000
STREAM = Traffic(pattern="tcp", flows=1, port=5001, rtt_us=30)
BULK: dict[str, Any] = {
    "app": "sink",
    "cores": 1,
    "mss": 1448,
    "tcp_rcvbuf": 1 << 20,
    "read_size": 131_072,
    "request": 10**12,
}


def streamed(settings: Settings, offered: Traffic, warmup_us: int = 2000, us: int = 4000) -> Meters:
    """The growth of the kernel's meters over a stretch of steady state."""
    return stretch(emulation("kernel", settings, offered), warmup_us, us)


def gbps(meters: Meters, us: int = 4000) -> float:
    return QUANTITIES["copied_gbps_per_core"](meters, us * US_PS)


def copy_share(meters: Meters) -> float:
    return QUANTITIES["copy_percent"](meters, 1)


def copied_byte_ps(length: float) -> float:
    """Price of a byte in a copy of `length` bytes, ps: each copy has a fixed part."""
    copying = Prices(profile.load(CALIBRATION)).step("copy_to_user").copying
    assert copying is not None
    return copying.cost_ps / length + copying.ps_per_byte


def test_gro_makes_the_copy_what_costs_most() -> None:
    """Linux net/core/gro.c; Cai et al., SIGCOMM 2021: with GRO half of a receiver's cycles are copies.

    Without it the protocols are: each segment climbs alone. The reader is the slower side in both, so
    its reads acknowledge (tcp_cleanup_rbuf()). The core is busy all the time, and GRO spares packets,
    no bytes. So the share of the copy grows as the throughput, less a copy's fixed part, which a train
    pays once.
    """
    alone, merged = (streamed(Settings(gro=gro, **BULK), STREAM) for gro in (False, True))
    gain = gbps(merged) / gbps(alone)
    assert gain > 2.5
    assert alone.copied_bytes / alone.copies == BULK["mss"]
    spared = copied_byte_ps(merged.copied_bytes / merged.copies) / copied_byte_ps(BULK["mss"])
    assert copy_share(merged) / copy_share(alone) == pytest.approx(gain * spared, rel=0.01)
    assert alone.sent / alone.delivered < 0.05
    assert merged.sent / merged.delivered < 0.05
    assert merged.missed == alone.missed == 0


def test_longer_frames_help_most_where_nothing_is_merged() -> None:
    """Jumbo frames: six times fewer packets. GRO has done that already, but for driver and merge."""
    gain = [
        gbps(streamed(Settings(gro=gro, **(BULK | {"mss": 8948})), STREAM))
        / gbps(streamed(Settings(gro=gro, **BULK), STREAM))
        for gro in (False, True)
    ]
    assert gain[0] > 2
    assert 1 < gain[1] < 1.5


def test_a_window_beyond_the_share_of_the_cache_is_copied_from_memory() -> None:
    """Cai et al.: text waits in the socket until DMA has displaced it; a smaller window is faster.

    Linux tunes the receive buffer to twice `tcp_rcvbuf`. It is charged with whole buffers of 2 KB, so
    at most 8948 of 10,240 bytes are text. As much text as DDIO's share holds cannot be displaced; where
    twice as much waits, each copy is from memory.
    """
    memory = profile.load(CALIBRATION).memory
    assert memory is not None
    assert memory.ddio_bytes is not None
    charged = -(-9014 // RX_BUFFER) * RX_BUFFER / 8948
    most = round(memory.ddio_bytes * charged / 2)
    small, large, larger = (
        streamed(Settings(**(BULK | {"mss": 8948, "tcp_rcvbuf": size})), STREAM, 5000)
        for size in (most, 2 * most, 6 << 20)
    )
    assert "llc_miss" not in small.stages or not small.stages["llc_miss"].count
    for displaced in (large, larger):
        assert displaced.stages["llc_miss"].count > displaced.delivered
        assert gbps(small) > 1.04 * gbps(displaced)


def test_merging_waits_for_a_queue_to_form() -> None:
    """GRO merges what is in the ring at the same poll; at a light load every packet is alone.

    RFC 5681, 4.2: every second full segment is acknowledged then.
    """
    slow = Settings(**(BULK | {"link_gbps": 0.5, "moderation_us": 0.0}))
    light, heavy = streamed(slow, STREAM, us=8000), streamed(Settings(**BULK), STREAM)
    assert "gro_merge" not in light.stages or light.stages["gro_merge"].count < 0.1 * light.delivered
    assert light.sent / light.delivered == pytest.approx(0.5, abs=0.04)
    assert heavy.stages["gro_merge"].count > 0.9 * heavy.delivered


def test_one_read_for_a_train_of_datagrams() -> None:
    """Linux commit e20cf8d3f1f7 (2018): 769,065 calls a second become 24,877, and 1.36 times the bytes.

    Kernels of that year isolated page tables (KPTI), as profile kpti18 does: a call costs more, so
    fewer calls gain more. The tolerance is that of target T36, 15 %.
    """
    train = Traffic(pattern="train", burst_frames=42, size=1518, rate_pps=1_044_292)
    single, merged = (
        stretch(
            emulation(
                "kernel", Settings(cores=1, wait="read", udp_gro=gro), train, calibration="kpti18"
            ),
            4000,
            10_000,
        )
        for gro in (False, True)
    )
    assert single.dropped > 0
    assert merged.dropped == merged.missed == 0
    assert merged.delivered / merged.syscalls == pytest.approx(42, rel=0.02)
    assert merged.delivered / single.delivered == pytest.approx(1.36, rel=0.15)


def test_batching_the_calls_is_no_cure() -> None:
    """network-testing issue 5: copy, queue and free are paid for each datagram, whoever reads it."""
    flood = Traffic(rate_pps=2_500_000)
    rates = [
        streamed(Settings(wait="read", recv_call=call), flood, 500, 2000).delivered
        for call in ("recv", "recvmmsg")
    ]
    assert 0.8 < rates[1] / rates[0] < 1.2
