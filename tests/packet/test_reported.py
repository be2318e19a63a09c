"""Captures as in reports about other readers: each is read, and each frame ends as in Linux.

The files stand in `reported/`. Reports on segmentation offload: tcpdump 1085 and 1329, dpkt 127.
Long silences: tcpreplay 75 and 549. pcapng: dpkt 681, pcapfix 23, zeek 864, libpcap 577 and 1710.
Link types: nfdump 366, PcapPlusPlus 966, libpcap 1105. Clock steps: tcpdump 146, tcpreplay 87 and 172.
TCP: zeek 499, ntopng 1711.
"""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import pytest

from kbview.emulator.datapaths import DATAPATHS
from kbview.emulator.engine import NEVER_PS
from kbview.packet.capture import open_capture
from kbview.sources.emulated.source import EmulatorSource
from kbview.sources.request import Choice
from kbview.sources.resolve import resolve
from kbview.tape.detail import Detail
from kbview.tape.meter import Meters
from kbview.tape.tape import Tape

FOLDER = Path(__file__).parent / "reported"
NAMES = sorted(path.name for path in FOLDER.iterdir())
KERNELS = ("kernel", "kernel-irq")  # datapaths with Linux's TCP and one copy


class Fate(NamedTuple):
    """Frames to the host, bytes copied to the application, drops by reason, duration."""

    arrived: int
    copied: int
    drops: Mapping[str, int] = MappingProxyType({})
    duration_ms: float | None = None


OLD = "tcp/TCP_OLD_DATA"
USUAL = Fate(6, 2100, duration_ms=5)  # six datagrams of 100 to 600 bytes, 1 ms apart
FATES = {
    "big4-snap.pcap": Fate(3, 870_000),
    "mixed.pcap": Fate(3, 3000),  # one direction only: nothing says that the host lacked the gap
    "one.pcap": Fate(1, 2000),
    "tso-sll2.pcap": Fate(1, 2000),
    "tso-vlan.pcap": Fate(1, 2000),
    # Two tail loss probes; the host answered each with a D-SACK (RFC 2883), as for text that it had.
    "real-big4-snap.pcap": Fate(85, 12_000_000, {OLD: 2}),
    "gap-1s.pcap": Fate(2, 2, duration_ms=1_000),
    "gap-10s.pcap": Fate(2, 2, duration_ms=10_000),
    "gap-600s.pcap": Fate(2, 2, duration_ms=600_000),
    "gap-86000s.pcap": Fate(2, 2, duration_ms=86_000_000),
    "caplen-0.pcapng": Fate(6, 1800, {"nic/ADDRESS_FILTER": 1}, 5),
    "sections-overlap.pcapng": Fate(6, 1200, duration_ms=2),
    "spb-snap64.pcapng": Fate(6, 2100, duration_ms=0),  # its blocks have no time
    "tsresol-0.pcapng": Fate(6, 2100, duration_ms=5_000),  # seconds
    "unknown-linktype-beside.pcapng": Fate(3, 900, duration_ms=4),
    "one-late-packet.pcap.gz": Fate(3000, 300_000),
    "smallest.pcap": Fate(3, 300),
    "all-flags.pcap": Fate(1, 0, {"tcp/TCP_FLAGS": 1}),
    "dup-syn.pcap": Fate(7, 18),
    "fin-twice.pcap": Fate(5, 0, {OLD: 1}),
    "hole-never-filled.pcap": Fate(5, 0, {"tcp/SOCKET_CLOSE": 3}),
    "keepalive-1-byte.pcap": Fate(7, 18, {OLD: 2}),
    "null-scan.pcap": Fate(1, 0, {"tcp/TCP_FLAGS": 1}),
    "offset-bad.pcap": Fate(3, 0, {"tcp/PKT_TOO_SMALL": 1}),  # tcp_v4_rcv()
    "overlap-out-of-order.pcap": Fate(7, 2000),
    "plain.pcap": Fate(6, 18),
    "retransmit-partly-new.pcap": Fate(6, 1500),
    "retransmit-same.pcap": Fate(7, 1000, {OLD: 2}),
    "rst-then-data.pcap": Fate(5, 0, {"tcp/TCP_RESET": 1, "tcp/TCP_FLAGS": 2}),
    "syn-fin.pcap": Fate(1, 0, {"tcp/TCP_FLAGS": 1}),
    "syn-no-answer.pcap": Fate(4, 0, duration_ms=3_000),
    "tfo-syn-data.pcap": Fate(4, 18),
    "wrap.pcap": Fate(6, 2000),
    # The probe's byte is the first of the text that is sent when the window opens: 1000 + 1 + 999.
    "zero-window.pcap": Fate(8, 2000),
}


def replayed(name: str, datapath: str) -> tuple[Meters, int]:
    """The meters at the end of a capture, and when that was."""
    source = resolve(str(FOLDER / name), Choice(datapath=datapath))
    assert isinstance(source, EmulatorSource)
    source.set_detail(Detail.METERS)
    end_ps = source.pump(Tape(1 << 16), NEVER_PS)
    source.close()
    assert source.ended
    return source.emulation.sample().meters, end_ps


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("datapath", KERNELS)
def test_the_kernel_ends_each_frame_as_it_did(name: str, datapath: str) -> None:
    fate = FATES.get(name, USUAL)
    meters, end_ps = replayed(name, datapath)
    assert (meters.arrived, meters.copied_bytes) == (fate.arrived, fate.copied)
    assert meters.drops == fate.drops
    if fate.duration_ms is not None:
        assert end_ps / 1e9 == pytest.approx(fate.duration_ms, abs=0.2)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("datapath", DATAPATHS)
def test_no_datapath_loses_a_frame(name: str, datapath: str) -> None:
    """Without TCP only the NIC refuses frames. A stack of one protocol drops the others."""
    fate = FATES.get(name, USUAL)
    meters, _ = replayed(name, datapath)
    assert meters.arrived == fate.arrived
    assert meters.missed == 0
    assert meters.conserved()
    if datapath in ("mtcp", "dpdk-udp"):
        assert meters.delivered + sum(meters.drops.values()) == fate.arrived
    elif datapath not in KERNELS:
        at_nic = {reason: count for reason, count in fate.drops.items() if reason.startswith("nic/")}
        assert meters.drops == at_nic


def test_the_text_behind_the_probe_ends_where_the_fin_stands() -> None:
    """The sender's FIN has the number behind the last byte of its text (RFC 9293, 3.4)."""
    with open_capture(FOLDER / "zero-window.pcap") as capture:
        sent = [data for *_, data in capture.records() if data[36:38] == b"\0\x50"]
    initial, *_, fin, _ = [int.from_bytes(data[38:42], "big") for data in sent]
    assert fin - initial - 1 == FATES["zero-window.pcap"].copied


def test_the_host_told_of_the_two_segments_that_it_had() -> None:
    """A SACK block below the acknowledgement is a D-SACK (RFC 2883): the text came twice."""
    with open_capture(FOLDER / "real-big4-snap.pcap") as capture:
        answers = [data[14:] for *_, data in capture.records() if data[34:36] == b"\x13\x89"]
    blocks = [answer for answer in answers if answer[20 + 34 : 20 + 36] == b"\x05\x0a"]
    duplicates = [each for each in blocks if each[20 + 36 : 20 + 40] < each[28:32]]
    assert len(duplicates) == FATES["real-big4-snap.pcap"].drops[OLD]


def test_mtcp_has_room_for_what_the_recorded_host_had_room_for() -> None:
    """Sixty segments of 131 to 184 kB fit no usual ring, and the peer kept to the host's window."""
    meters, _ = replayed("real-big4-snap.pcap", "mtcp")
    assert (meters.arrived, meters.drops) == (85, {OLD: 2})
