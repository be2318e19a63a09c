"""Traffic: frames in the order of their arrival, made independently of who receives them."""

import random
from collections.abc import Callable, Iterable, Iterator
from ipaddress import ip_address
from itertools import accumulate, chain, count, cycle, islice, repeat
from math import log

import msgspec

from kbview.packet.frame import WIRE_OVERHEAD, Flow, Frame, Protocol
from kbview.packet.toeplitz import toeplitz

CHUNK = 4096
CLIENT_MAC = bytes.fromhex("020000000001")
CLIENT_ADDRESS = "10.0.0.1"
HOST_MAC = bytes.fromhex("020000000002")
HOST_ADDRESS = "10.0.0.2"
_ADDRESSES = ip_address(CLIENT_ADDRESS).packed + ip_address(HOST_ADDRESS).packed
_UDP_HEADERS = 14 + 20 + 8 + 4  # Ethernet, IPv4, UDP, FCS
S_PS = 10**12
_QUANTILES = 16_384


def udp_flows(flows: int, port: int) -> list[Flow]:
    """`flows` senders to one UDP port of this host."""
    return [
        Flow(
            number=number,
            protocol=Protocol.UDP,
            source=CLIENT_ADDRESS,
            destination=HOST_ADDRESS,
            source_port=20_000 + number,
            destination_port=port,
            source_mac=CLIENT_MAC,
            destination_mac=HOST_MAC,
            rss_hash=toeplitz(_ADDRESSES + (20_000 + number << 16 | port).to_bytes(4, "big")),
        )
        for number in range(flows)
    ]


def byte_ps(gbps: float) -> int:
    """How long a byte is on the wire, rounded to a picosecond: 800 ps at 10 Gb/s."""
    return round(8000 / gbps)


def line_rate_pps(length: int, gbps: float) -> float:
    """How many frames a second a link carries: 14.88 million of 64 bytes at 10 Gb/s."""
    return S_PS / ((length + WIRE_OVERHEAD) * byte_ps(gbps))


def constant_gaps(rate_pps: float) -> Iterator[int]:
    """Equal distances; the fraction of a picosecond is carried along."""
    before = 0
    for number in count(1):
        now = round(number * S_PS / rate_pps)
        yield now - before
        before = now


def poisson_gaps(rate_pps: float, seed: int, wire_ps: int) -> Iterator[int]:
    """A frame's own time on the wire, then an exponential silence: the closest to Poisson on a cable.

    The silences come from a table of their quantiles, shuffled by `seed`, that is read over and over
    from random places; its mean is the rate's.
    """
    generator = random.Random(seed)  # noqa: S311 - a model, not a secret
    silence_ps = max(0.0, S_PS / rate_pps - wire_ps)
    table = [wire_ps + round(-log((i + 0.5) / _QUANTILES) * silence_ps) for i in range(_QUANTILES)]
    generator.shuffle(table)
    while True:
        start = generator.randrange(len(table))
        yield from chain(islice(table, start, None), islice(table, start))


def synthetic(
    gaps: Iterable[int], length: int, flows: list[Flow], frames: int | None
) -> Iterator[list[Frame]]:
    """Datagrams of one frame length at these distances, the flows in turn; None is without end."""
    payload = repeat(max(0, length - _UDP_HEADERS))
    made: Iterator[Frame] = map(Frame, accumulate(gaps), count(), repeat(length), cycle(flows), payload)
    if frames is not None:
        made = islice(made, frames)
    while chunk := list(islice(made, CHUNK)):
        yield chunk


def at_rate(
    chunks: Iterable[list[Frame]], rate_pps: float, sent_by_us: Callable[[Flow], bool]
) -> Iterator[list[Frame]]:
    """The same frames in the same order, those that arrive at equal distances."""
    times = accumulate(constant_gaps(rate_pps))
    now_ps = 0
    for chunk in chunks:
        paced = []
        for frame in chunk:
            if not sent_by_us(frame.flow):
                now_ps = next(times)
            paced.append(_at(frame, now_ps))
        yield paced


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


def again(make: Callable[[], Iterable[list[Frame]]], pause_ps: int) -> Iterator[list[Frame]]:
    """The same traffic over and over, with a pause between; packets are numbered on."""
    start_ps = first = 0
    while True:
        end_ps, number = start_ps, first
        for chunk in make():
            yield [
                msgspec.structs.replace(
                    frame, arrived_ps=frame.arrived_ps + start_ps, packet=frame.packet + first
                )
                for frame in chunk
            ]
            if chunk:
                end_ps, number = chunk[-1].arrived_ps + start_ps, chunk[-1].packet + first + 1
        if number == first:
            return
        start_ps, first = end_ps + pause_ps, number
