"""Traffic: frames in the order of their arrival, made independently of who receives them."""

import random
from collections.abc import Iterable, Iterator
from itertools import accumulate, chain, count, cycle, islice, repeat, tee
from math import log
from operator import sub

import msgspec

from kbview.packet.frame import ETHERNET_MINIMUM, WIRE_OVERHEAD, Flow, Frame, Protocol

CHUNK = 4096
HOST_MAC = bytes.fromhex("020000000002")
HOST_ADDRESS = "10.0.0.2"
_UDP_HEADERS = 14 + 20 + 8 + 4  # Ethernet, IPv4, UDP, FCS
S_PS = 10**12
_QUANTILES = 16_384


def frame_time_ps(length: int, link_bps: int) -> int:
    """How long a frame of `length` bytes with FCS keeps the wire busy, gap and preamble included."""
    return (length + WIRE_OVERHEAD) * 8 * S_PS // link_bps


def udp_flows(flows: int, port: int) -> list[Flow]:
    """`flows` senders to one UDP port of this host."""
    return [
        Flow(
            number=number,
            protocol=Protocol.UDP,
            source="10.0.0.1",
            destination=HOST_ADDRESS,
            source_port=20_000 + number,
            destination_port=port,
            source_mac=bytes.fromhex("020000000001"),
            destination_mac=HOST_MAC,
            rss_hash=0,
        )
        for number in range(flows)
    ]


def constant_gaps(rate_pps: float) -> Iterator[int]:
    """Equal distances; the fraction of a picosecond is carried along."""
    before = 0
    for number in count(1):
        now = round(number * S_PS / rate_pps)
        yield now - before
        before = now


def poisson_gaps(rate_pps: float, seed: int) -> Iterator[int]:
    """Exponential distances from a table of their quantiles, read again and again from random places.

    The table's mean is exactly the rate's; the order in it is shuffled by `seed`.
    """
    generator = random.Random(seed)  # noqa: S311 - a model, not a secret
    mean_ps = S_PS / rate_pps
    table = [max(1, round(-log((i + 0.5) / _QUANTILES) * mean_ps)) for i in range(_QUANTILES)]
    generator.shuffle(table)
    while True:
        start = generator.randrange(len(table))
        yield from chain(islice(table, start, None), islice(table, start))


def synthetic(
    gaps: Iterable[int], lengths: Iterable[int], flows: list[Flow], frames: int | None
) -> Iterator[list[Frame]]:
    """Frames of these lengths at these distances, the flows in turn; without end if `frames` is None."""
    sizes, again = tee(lengths)
    payloads = map(sub, again, repeat(_UDP_HEADERS))
    made: Iterator[Frame] = map(Frame, accumulate(gaps), count(), sizes, cycle(flows), payloads)
    if frames is not None:
        made = islice(made, frames)
    while chunk := list(islice(made, CHUNK)):
        yield chunk


def uniform(length: int) -> Iterator[int]:
    """Always the same frame length, in bytes with FCS."""
    return repeat(max(length, ETHERNET_MINIMUM))


def at_rate(chunks: Iterable[list[Frame]], rate_pps: float) -> Iterator[list[Frame]]:
    """The same frames at equal distances."""
    times = accumulate(constant_gaps(rate_pps))
    for chunk in chunks:
        yield [_at(frame, next(times)) for frame in chunk]


def without_gaps(chunks: Iterable[list[Frame]], longest_ps: int) -> Iterator[list[Frame]]:
    """The same frames with every silence longer than `longest_ps` cut to that."""
    before_ps = cut_ps = 0
    for chunk in chunks:
        moved = []
        for frame in chunk:
            cut_ps += max(0, frame.arrived_ps - before_ps - longest_ps)
            before_ps = frame.arrived_ps
            moved.append(_at(frame, frame.arrived_ps - cut_ps))
        yield moved


def _at(frame: Frame, arrived_ps: int) -> Frame:
    return msgspec.structs.replace(frame, arrived_ps=arrived_ps)


def limited(chunks: Iterable[list[Frame]], frames: int) -> Iterator[list[Frame]]:
    """The first `frames` of them."""
    left = frames
    for chunk in chunks:
        yield chunk[:left]
        left -= len(chunk)
        if left <= 0:
            return
