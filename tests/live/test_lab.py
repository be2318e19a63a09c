"""The lab for real: every receiver, swapped on the running traffic, and whatever can go wrong."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from itertools import cycle, islice, pairwise
from pathlib import Path

import pytest

from kbview.cli.main import main
from kbview.sources.lab.source import Lab, datapaths
from kbview.sources.linux import namespace, stale
from kbview.sources.request import Choice
from kbview.sources.resolve import resolve
from kbview.sources.workers.load import Load
from kbview.state.state import State
from kbview.tape.detail import Detail
from kbview.tape.events import (
    NO_PACKET,
    BlockReleased,
    BlockRetired,
    DatapathStarted,
    Event,
    PacketDelivered,
    RingConsumed,
    RingProduced,
    SourceNoted,
)
from kbview.tape.meter import Meters, Sample
from kbview.tape.source import Origin, SourceError
from kbview.tape.tape import Tape
from tests.live.inside import children, ip

pytestmark = pytest.mark.live

RATE = 4000
PATIENCE_S = 60.0


class Viewed:
    """A lab, pumped as the screen would."""

    def __init__(self, kind: str = "kernel") -> None:
        self.source = Lab(kind, Load(rate=RATE))
        self.tape = Tape()
        self.state = State()
        self._position = 0
        self.pump()

    def pump(self) -> None:
        self.source.pump(self.tape, 1 << 62, budget_s=0.0)
        for record in self.tape.read(self._position):
            self.state.apply(record)
        self._position = self.tape.length

    def until(self, condition: Callable[[], bool]) -> None:
        """Pump until it is so."""
        deadline = time.monotonic() + PATIENCE_S
        while not condition():
            assert time.monotonic() < deadline, f"waited in vain; {self.notes()}; {self._frames()}"
            time.sleep(0.02)
            self.pump()

    def more(self, packets: int) -> Meters:
        """Pump until so many more are delivered; the meters of the stretch's end."""
        goal = self.state.meters.delivered + packets
        self.until(lambda: self.state.meters.delivered >= goal)
        return self.state.meters

    def _frames(self) -> dict[str, int]:
        names = ("arrived", "delivered", "dropped", "missed", "in_flight")
        return {name: getattr(self.state.meters, name) for name in names}

    def events(self, kind: type[Event]) -> list[Event]:
        return [record for record in self.tape.read(0) if isinstance(record, kind)]

    def notes(self) -> str:
        return " ".join(
            event.note for event in self.events(SourceNoted) if isinstance(event, SourceNoted)
        )


@pytest.fixture
def view() -> Iterator[Viewed]:
    made = Viewed()
    yield made
    made.source.close()
    _nothing_left(os.getpid())


def _nothing_left(pid: int) -> None:
    assert not [*namespace.FOLDER.glob(f"kbview-{pid}-*")]
    assert not [*stale.FOLDER.glob(f"kbview-{pid}-*")]


def _receivers() -> list[int]:
    return [
        pid
        for pid in children(os.getpid())
        if b"\0receive\0" in Path(f"/proc/{pid}/cmdline").read_bytes()
    ]


def _conserved(view: Viewed) -> None:
    samples = [record.meters for record in view.tape.read(0) if isinstance(record, Sample)]
    assert samples
    assert all(meters.conserved() for meters in samples)
    for before, after in pairwise(samples):
        for total in ("arrived", "delivered", "dropped", "missed", "syscalls", "polls", "copies"):
            assert getattr(before, total) <= getattr(after, total), total


class Grown:
    """What the meters grew by while so many packets were delivered."""

    def __init__(self, view: Viewed, packets: int) -> None:
        self._before = view.state.meters.copy()
        self._after = view.more(packets).copy()
        self.cores = self._after.cores

    def __getattr__(self, name: str) -> int:
        grown: int = getattr(self._after, name) - getattr(self._before, name)
        return grown


PAYLOAD, FRAME = 18, 60  # bytes of a 64-byte frame: of its datagram, and without FCS


def _copied(grown: Grown, copies: int, length: int) -> None:
    """So many copies of a packet, each of so many bytes."""
    assert grown.copies == copies * grown.delivered
    assert grown.copied_bytes == length * grown.copies


def _as_kernel(grown: Grown, meters: Meters) -> None:
    """A system call, a copy and an sk_buff a packet; the polls are NAPI's."""
    _copied(grown, 1, PAYLOAD)  # udp_recvmsg() copies what recv() returns
    assert grown.delivered <= grown.syscalls <= 1.2 * grown.delivered + 50
    assert 0.8 * grown.delivered < grown.allocations < 1.3 * grown.delivered + 300
    assert 0 < grown.polls < 1.3 * grown.delivered + 300
    assert "udp :7777" in meters.sockets


def _as_af_packet(grown: Grown, meters: Meters) -> None:
    """Hardly a system call; the sk_buffs are there, for the stack sees the packets as well."""
    _copied(grown, 1, FRAME)
    assert grown.syscalls < grown.delivered / 4
    assert grown.allocations > 0.8 * grown.delivered
    assert [ring.kind for ring in meters.rings] == ["block"]


def _as_af_xdp(grown: Grown, meters: Meters) -> None:
    """No frame reaches the stack; a system call only to sleep.

    veth_convert_skb_to_xdp_buff() copies the sender's sk_buff to another one before XDP.
    """
    _copied(grown, 2, FRAME)
    assert grown.allocations == 2 * grown.delivered
    assert grown.syscalls <= grown.polls
    assert [ring.kind for ring in meters.rings] == ["xsk rx", "fill"]


def _as_dpdk(grown: Grown, meters: Meters) -> None:
    """Polling for ever: no system call, no sk_buff for the stack, and most polls find nothing."""
    _copied(grown, 2, FRAME)  # its driver is AF_XDP's
    assert grown.syscalls == 0
    assert grown.allocations == 2 * grown.delivered
    assert grown.empty_polls > grown.delivered


_AS = {"kernel": _as_kernel, "af_packet": _as_af_packet, "af_xdp": _as_af_xdp, "dpdk": _as_dpdk}


def test_each_receiver_takes_its_own_way_on_the_running_traffic(view: Viewed) -> None:
    for name in datapaths():
        if name != "kernel":
            view.source.switch(name)
        view.until(lambda wanted=name: view.state.datapath == wanted)  # type: ignore[misc]
        view.more(200)  # counters of the kernel and of the receiver are read a little apart
        grown = Grown(view, 1500)
        assert grown.interrupts == 0  # a veth has none
        _AS[name](grown, view.state.meters)
        if name == "dpdk":  # the split of its time is unknown until it had the core for long enough
            view.until(lambda: view.state.meters.cores[-1].poll_empty_ps > 0)
    names = [
        event.datapath for event in view.events(DatapathStarted) if isinstance(event, DatapathStarted)
    ]
    assert names == list(datapaths())
    _conserved(view)
    lost = {key: count for key, count in view.state.meters.drops.items() if count}
    assert set(lost) <= {"socket/SOCKET_RCVBUFF"}  # a change of receiver loses nothing


@pytest.mark.parametrize("name", ["kernel", "af_packet", "af_xdp"])
def test_every_packet_is_told_with_what_is_particular_to_its_way(name: str) -> None:
    """Each arrives, is copied by its way's own kinds of copy, and is delivered, in that order."""
    view = Viewed(name)
    view.source.set_detail(Detail.STEPS)
    view.more(500)
    view.source.close()
    told: dict[int, list[str]] = {}
    for record in view.tape.read(0):
        packet = getattr(record, "packet", NO_PACKET)
        if packet != NO_PACKET:
            told.setdefault(packet, []).append(getattr(record, "kind", type(record).__name__))
    kinds = {"kernel": ["to_user"], "af_packet": ["to_ring"], "af_xdp": ["to_xdp_buff", "to_umem"]}
    wanted = ["FrameArrived", *kinds[name], "PacketDelivered"]
    whole = [[step for step in steps if step in wanted] for steps in told.values()]
    assert len(whole) > 300
    assert all(steps == wanted for steps in whole)
    assert ("XdpRan" in told[min(told)]) is (name == "af_xdp")
    times = [record.time_ps for record in view.tape.read(0)]
    assert times == sorted(times)
    latencies = [
        each.latency_ps for each in view.events(PacketDelivered) if isinstance(each, PacketDelivered)
    ]
    assert min(latencies) >= 0


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("af_packet", {BlockRetired: 1, BlockReleased: -1}),
        ("af_xdp", {RingProduced: 1, RingConsumed: -1}),
    ],
)
def test_rings_are_filled_and_emptied_alike(name: str, kinds: dict[type[Event], int]) -> None:
    view = Viewed(name)
    view.source.set_detail(Detail.STEPS)
    view.more(500)
    view.source.close()
    moved = [record for record in view.tape.read(0) if type(record) in kinds]
    sums = [
        kinds[type(each)] * getattr(each, "count", 1)
        for each in moved
        if getattr(each, "ring", "xsk rx") == "xsk rx"
    ]
    assert len(sums) > 10
    assert sum(sums) == 0
    assert max(getattr(each, "filled", 0) for each in moved) <= 2048


def test_the_load_follows_its_knobs(view: Viewed) -> None:
    before = {knob.name: knob.value for knob in view.source.knobs()}
    assert set(before) == {"rate", "size", "flows", "burst"}
    view.source.turn("size", 2)
    view.until(lambda: view.state.meters.delivered_bytes > 70 * view.state.meters.delivered)
    after = {knob.name: knob.value for knob in view.source.knobs()}
    assert after["size"] == "256 bytes"
    assert after["rate"] == before["rate"]


def test_a_killed_receiver_is_replaced_and_said(view: Viewed) -> None:
    view.more(100)
    (pid,) = _receivers()
    os.kill(pid, signal.SIGKILL)
    view.until(lambda: "killed by SIGKILL" in view.notes())
    view.more(500)
    assert view.state.meters.conserved()
    assert "the kernel receiver was killed by SIGKILL" in view.state.meters.banner, "it stays"
    view.source.switch("af_packet")
    view.until(lambda: view.state.datapath == "af_packet" and not view.state.meters.banner)


def test_a_sender_that_is_too_slow_for_the_load_is_said_as_long_as_it_is(view: Viewed) -> None:
    view.more(100)
    for _ in range(3):
        view.source.turn("size", -10)
    view.source.turn("rate", 20)  # the highest of the knob: 500,000 frames a second, by Python
    view.until(lambda: "the sender is too slow" in view.state.meters.banner)
    assert "of 500,000 frames/s" in view.state.meters.banner
    view.source.turn("rate", -20)
    view.until(lambda: not view.state.meters.banner)


def test_one_that_is_killed_while_the_next_is_started_does_not_stop_the_change(view: Viewed) -> None:
    view.more(100)
    (pid,) = _receivers()
    view.source.switch("af_packet")
    os.kill(pid, signal.SIGKILL)
    view.until(lambda: view.state.datapath == "af_packet")
    view.more(200)


def test_a_link_that_goes_down_is_said_and_comes_back(view: Viewed) -> None:
    view.more(100)
    bed = view.source.bed
    assert bed is not None
    ip(bed.a.namespace.name, "link", "set", bed.a.link, "down")
    view.until(lambda: "the link is down" in view.notes())
    assert bed.a.namespace.name in view.notes()
    view.until(lambda: "the link is down" in view.state.meters.banner)
    ip(bed.a.namespace.name, "link", "set", bed.a.link, "up")
    view.until(lambda: "up again" in view.notes())
    view.more(300)
    assert not view.state.meters.banner


def test_a_namespace_deleted_underneath_takes_nothing_away(view: Viewed) -> None:
    bed = view.source.bed
    assert bed is not None
    namespace.remove(bed.b.namespace.name)
    view.source.switch("af_packet")
    view.until(lambda: view.state.datapath == "af_packet")
    view.more(300)


def test_a_link_that_is_removed_ends_it_in_one_sentence(view: Viewed) -> None:
    bed = view.source.bed
    assert bed is not None
    ip(bed.a.namespace.name, "link", "delete", bed.a.link)
    with pytest.raises(SourceError, match=r"kbv-\d+-[ab]\d*: .") as caught:
        view.more(10**9)
    assert caught.value.exit_code == 1


def test_a_receiver_that_cannot_open_gives_way_to_the_last_one(view: Viewed) -> None:
    """Somebody else's XDP program is on the link."""
    from kbview.sources.linux.xdp.xsk import XskSocket

    bed = view.source.bed
    assert bed is not None
    with bed.b.namespace.entered():
        other = XskSocket(bed.b.link, port=9)
    try:
        view.source.switch("af_xdp")
        view.until(lambda: "back to kernel" in view.notes())
        view.more(300)
        assert view.state.datapath == "kernel"
    finally:
        other.close()


def test_switching_in_the_middle_of_a_switch_is_done_afterwards(view: Viewed) -> None:
    view.source.switch("af_packet")
    view.source.switch("af_xdp")
    view.source.switch("kernel")  # the last wish counts
    view.until(lambda: len(view.events(DatapathStarted)) == 3)
    names = [
        event.datapath for event in view.events(DatapathStarted) if isinstance(event, DatapathStarted)
    ]
    assert names == ["kernel", "af_packet", "kernel"]
    view.more(100)


# ---- the command -------------------------------------------------------------------------------


def _kbview(*words: str) -> "subprocess.Popen[str]":
    program = [sys.executable, "-m", "kbview", *words]
    return subprocess.Popen(program, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_a_report_for_each_receiver() -> None:
    words = (
        "run",
        "lab",
        "--until",
        "500",
        "--datapath",
        "kernel,af_packet,af_xdp",
        "--rate",
        "4k",
        "--json",
    )
    process = _kbview(*words)
    said, complained = process.communicate(timeout=150)
    assert process.returncode == 0, complained
    reports = json.loads(said)
    assert [report["datapath"] for report in reports] == ["kernel", "af_packet", "af_xdp"]
    for report in reports:
        frames = report["frames"]
        owners = ("receiver", "sender", "kbview", "rest of machine")
        assert all(report["gauges"][f"{owner} CPU ns"] >= 0 for owner in owners)
        assert report["gauges"]["receiver CPU ns"] > 0
        assert report["cores_shared"]  # so the table gives no packet a share of them
        assert report["origin"] == "live"
        assert frames["arrived"] >= 500
        assert frames["arrived"] == sum(
            frames[each] for each in ("delivered", "dropped", "missed", "in_flight")
        )
        assert report["counts"]["tlb_misses"] is None  # unknown, not zero
    _nothing_left(process.pid)


def _end(process: "subprocess.Popen[str]", number: signal.Signals) -> None:
    """Send it the signal; again if need be, for Python loses one that comes in the middle of an import
    (it "ignores" the KeyboardInterrupt in a weak reference's callback)."""
    for _ in range(4):
        process.send_signal(number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.communicate(timeout=30)
            return
    process.kill()
    process.communicate()
    raise AssertionError(f"{number.name} does not end it")


@pytest.mark.parametrize(
    ("number", "after_s"),
    [
        *((signal.SIGTERM, after) for after in (0.3, 1.0)),
        *((signal.SIGINT, after) for after in (0.4, 1.2)),
        (signal.SIGHUP, 0.8),
        *((signal.SIGKILL, after) for after in (0.35, 0.6, 1.1)),
    ],
)
def test_nothing_is_left_whenever_it_is_ended(number: signal.Signals, after_s: float) -> None:
    process = _kbview("run", "lab", "--until", "60s", "--rate", "2k")
    time.sleep(after_s)
    try:
        family = children(process.pid)
    except OSError:
        family = []
    _end(process, number)
    assert process.returncode != 0
    deadline = time.monotonic() + 30
    while any(stale.lives(child) for child in family) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not [child for child in family if stale.lives(child)]
    if number is signal.SIGKILL:
        stale.sweep()  # as the next start does
    _nothing_left(process.pid)


@pytest.mark.skipif(shutil.which("dpdk-testpmd") is None, reason="dpdk-testpmd is not installed")
def test_dpdk_ends_with_us_when_we_are_killed() -> None:
    process = _kbview("run", "lab", "--until", "60s", "--rate", "2k", "--datapath", "dpdk")
    deadline = time.monotonic() + PATIENCE_S
    while not (found := [*stale.FOLDER.glob(f"kbview-{process.pid}-dpdk/*/*/config")]):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    family = _descendants(process.pid)
    assert len(family) >= 3
    process.kill()
    process.communicate(timeout=60)
    while any(stale.lives(pid) for pid in family) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not [pid for pid in family if stale.lives(pid)]
    stale.sweep()
    assert not found[0].exists()
    _nothing_left(process.pid)


def _descendants(pid: int) -> list[int]:
    family = children(pid)
    return family + [each for child in family for each in _descendants(child)]


def test_the_model_stands_beside_what_was_measured_at_the_same_load(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Counts that do not depend on the machine agree: a system call, a copy and an sk_buff a packet."""
    words = ["compare", "lab", "--datapath", "kernel,af_packet", "--until", "700ms", "--rate", "2k"]
    assert main([*words, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)["reports"]
    kernel, emulated = told[:2]
    assert (kernel["origin"], emulated["origin"]) == ("live", "emulated")
    assert emulated["datapath"] == "kernel emulated"
    assert emulated["frames"]["arrived"] == kernel["frames"]["arrived"]
    assert emulated["rates"]["offered_pps"] == pytest.approx(kernel["rates"]["offered_pps"], rel=0.1)
    for count in ("syscalls", "mode_switches", "copies", "allocations"):
        each = [
            report["counts"][count] / report["frames"]["delivered"] for report in (kernel, emulated)
        ]
        assert each[0] == pytest.approx(each[1], rel=0.25), count
    assert emulated["profile"]
    assert not kernel["profile"]


def test_the_twin_of_af_xdp_says_where_it_works_otherwise(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["compare", "lab", "--datapath", "af_xdp", "--until", "500ms", "--rate", "1k", "--json"]
    assert main(words) == 0
    measured, twin = json.loads(capsys.readouterr().out)["reports"]
    assert measured["counts"]["copies"] == 2 * measured["frames"]["delivered"]
    assert twin["counts"]["copies"] == twin["frames"]["delivered"]
    assert any("with a copy more" in note for note in twin["notes"])


def test_a_tour_goes_through_every_receiver_by_itself(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    tape = tmp_path / "tour.kbt"
    words = ["record", "lab", "--rate", "500", "--set", "tour=400", "--until", "8s", "-o", str(tape)]
    assert main(words) == 0
    source = resolve(str(tape), Choice())
    request.addfinalizer(source.close)
    assert source.tape is not None
    names = [each.datapath for each in source.tape.read(0) if isinstance(each, DatapathStarted)]
    assert len(names) >= 3
    assert names == list(islice(cycle(datapaths()), len(names)))
    assert source.heading.origin is Origin.RECORDED
