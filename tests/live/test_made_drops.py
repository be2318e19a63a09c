"""Drops made on purpose: each source that can know one tells it with place, reason and exact count."""

import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path

import pytest

from kbview.sources.counters.subject import Subject
from kbview.sources.counting import packet_counts
from kbview.sources.linux.bpf.btf import kernel_types
from kbview.sources.linux.mmsg import Batch
from kbview.sources.linux.netlink.links import LinkTotals
from kbview.sources.linux.testbed import Testbed
from kbview.sources.linux.veth import End
from kbview.sources.linux.xdp import attachment
from kbview.sources.request import Choice
from kbview.sources.resolve import resolve
from kbview.sources.trace.live.instance import Instance
from kbview.tape.kernel_meter import DropMeter
from kbview.tape.meter import Meters
from kbview.tape.source import Source, SourceError
from kbview.tape.tape import Tape
from kbview.tape.vocabulary import DropReason, Place
from tests.live.causes import CAUSES, COUNT, shape, xdp_drops
from tests.live.frames import PORT, ipv4, send_frames, udp
from tests.live.traffic import NEVER_PS, last, pumped

pytestmark = pytest.mark.live

COUNTING = ("trace", "live")  # the sources with programs in the kernel
RECORDED = ("net", "skb", "sock", "napi", "irq/softirq_entry", "irq/softirq_exit")


@pytest.fixture
def bed() -> Iterator[Testbed]:
    with Testbed() as made:
        yield made


@contextmanager
def opened(name: str, end: End) -> Iterator[tuple[Source, Tape]]:
    """A source at an end of the testbed, from this moment on."""
    if name in COUNTING and (reason := packet_counts.refusal()) is not None:
        pytest.skip(reason)
    wanted = name if name == "counters" else f"{name}:{end.link}"
    overrides = (("fate", "on"),) if name == "live" else ()
    tape = Tape()
    with end.namespace.entered(), closing(resolve(wanted, Choice(overrides=overrides))) as source:
        source.pump(tape, 0)
        yield source, tape


def cause(meters: Meters) -> DropMeter:
    """The only one."""
    (found,) = meters.causes
    return found


# ---- every cause by every source -----------------------------------------------------------------


@contextmanager
def recording(path: Path) -> Iterator[None]:
    """`cat trace` of an instance that records networking meanwhile, in a file at the end."""
    try:
        instance = Instance(4096)
    except SourceError as error:
        pytest.skip(str(error))
    with closing(instance):
        for events in RECORDED:
            instance.write(f"events/{events}/enable", "1")
        yield
        instance.write("tracing_on", "0")
        path.write_text(instance.read("trace"))


def of_text(path: Path, link: str) -> Meters:
    """The last meters of a recorded trace."""
    tape = Tape()
    with closing(resolve(str(path), Choice(overrides=(("device", link),)))) as source:
        source.pump(tape, NEVER_PS)
    return last(tape)


def told_of(count: int) -> Callable[[Meters], bool]:
    """Whether so many drops are told."""
    return lambda meters: meters.dropped >= count


@pytest.mark.parametrize("name", CAUSES)
def test_each_source_that_can_know_a_drop_tells_its_reason_and_count(
    bed: Testbed, tmp_path: Path, name: str
) -> None:
    path, made = tmp_path / "trace.txt", CAUSES[name]
    found: dict[str, dict[str, int]] = {}
    with ExitStack() as held:
        held.enter_context(made.made(bed))
        sources = {
            word: held.enter_context(opened(word, bed.b))
            for word in ("trace", "live", "counters")
            if word != "live" or word in made.keys
        }
        with recording(path):
            made.send(bed)
            time.sleep(0.1)
        for word, (source, tape) in sources.items():
            wanted = COUNT if word in made.keys else 0
            meters = pumped(source, tape, 1000, seen=told_of(wanted))
            assert (meters.arrived, meters.delivered) == (COUNT, 0), word
            found[word] = meters.drops
    found["text"] = of_text(path, bed.b.link).drops
    expected = {word: {made.keys[word]: COUNT} if word in made.keys else {} for word in found}
    assert found == expected


def test_generic_xdp_s_drops_come_in_and_are_not_sent(bed: Testbed) -> None:
    """do_xdp_generic() frees the sk_buff that the program did not want."""
    with CAUSES["generic XDP"].made(bed), opened("live", bed.b) as (source, tape):
        CAUSES["generic XDP"].send(bed)
        meters = pumped(source, tape, 100, seen=lambda each: each.dropped >= COUNT)
    assert (cause(meters).where, cause(meters).count, meters.unsent) == (Place.XDP, COUNT, 0)


def test_the_function_that_found_a_packet_too_long_is_named(bed: Testbed) -> None:
    """RFC 1191: a router drops it, and says so by ICMP; ip_forward() with PKT_TOO_BIG."""
    with CAUSES["MTU"].made(bed), opened("trace", bed.b) as (source, tape):
        CAUSES["MTU"].send(bed)
        meters = pumped(source, tape, 100, seen=lambda each: each.dropped >= COUNT)
    assert (cause(meters).function, cause(meters).count) == ("ip_forward", COUNT)


# ---- a driver's XDP program -------------------------------------------------------------------


@pytest.mark.parametrize("name", COUNTING)
def test_drops_of_a_veth_s_own_xdp_program_are_of_packets_that_came(bed: Testbed, name: str) -> None:
    """veth_xdp_rcv_skb() frees the sender's sk_buff before the stack has noted an interface in it."""
    with xdp_drops(bed.b, attachment.XDP_FLAGS_DRV_MODE), opened(name, bed.b) as (source, tape):
        send_frames(bed, ipv4(bed, udp()), COUNT)
        meters = pumped(
            source, tape, 100, seen=lambda each: sum(drop.count for drop in each.causes) >= COUNT
        )
    assert (cause(meters).where, cause(meters).count) == (Place.XDP, COUNT)
    assert meters.unsent == 0
    if name == "live":  # tracepoints of single packets begin behind the program
        assert sum(meters.drops.values()) == meters.arrived == COUNT


def test_counters_tell_the_drops_of_a_driver_s_xdp_program(bed: Testbed) -> None:
    """rx_queue_N_xdp_drops of `ethtool -S`: no counter of the stack has them (drivers/net/veth.c)."""
    with xdp_drops(bed.b, attachment.XDP_FLAGS_DRV_MODE), opened("counters", bed.b) as (source, tape):
        send_frames(bed, ipv4(bed, udp()), COUNT)
        meters = pumped(source, tape, 2000, seen=told_of(COUNT))
    assert meters.drops == {"xdp/XDP": COUNT}
    assert (meters.arrived, meters.delivered, meters.in_flight) == (COUNT, 0, 0)


# ---- qdisc -------------------------------------------------------------------------------------


def refused(bed: Testbed, count: int) -> int:
    """How many of so many frames the qdisc did not take: send() says ENOBUFS."""
    lost = 0
    for _ in range(count):
        try:
            send_frames(bed, ipv4(bed, udp()), 1)
        except OSError:
            lost += 1
    return lost


@pytest.mark.parametrize("name", COUNTING)
def test_a_full_qdisc_s_drops_are_those_that_the_sender_was_told(bed: Testbed, name: str) -> None:
    shape(bed.a)
    with opened(name, bed.a) as (source, tape):
        lost = refused(bed, 100)
        meters = pumped(
            source, tape, 100, seen=lambda each: sum(drop.count for drop in each.causes) >= lost
        )
        known = source.capabilities.now(meters).meters
    assert lost > 0
    told = cause(meters)
    assert (told.where, told.reason, told.count) == (Place.QDISC, DropReason.QDISC_DROP, lost)
    assert meters.unsent == lost if "unsent" in known else name == "trace"
    assert meters.drops == {}  # nothing that came in was lost


def test_counters_tell_the_packets_that_a_qdisc_dropped(bed: Testbed) -> None:
    """RTM_GETQDISC: the drops of the link's root qdisc, which no counter of the link has."""
    shape(bed.a)
    with opened("counters", bed.a) as (source, tape):
        lost = refused(bed, 100)
        meters = pumped(source, tape, 100, seen=lambda each: each.unsent >= lost)
    assert 0 < lost == meters.unsent == meters.gauges["packets that a qdisc dropped"]
    assert meters.drops == {}


# ---- the accept queue --------------------------------------------------------------------------


def test_each_syn_that_the_accept_queue_cannot_hold_is_counted(bed: Testbed) -> None:
    """listen(0) has room for one connection: its SYN and its ACK are all that TCP takes."""
    with ExitStack() as held:
        with bed.b.namespace.entered():
            held.enter_context(socket.create_server((bed.b.address, PORT), backlog=0))
        source, tape = held.enter_context(opened("counters", bed.b))
        with bed.a.namespace.entered():
            clients = [held.enter_context(socket.socket()) for _ in range(6)]
        first, *others = clients
        first.connect((bed.b.address, PORT))
        for client in others:
            client.setblocking(False)
            client.connect_ex((bed.b.address, PORT))
        meters = pumped(
            source,
            tape,
            350,
            seen=lambda each: each.dropped >= len(others) and each.arrived - each.dropped == 2,
        )
    assert set(meters.drops) == {"tcp/TCP_LISTEN_OVERFLOW"}
    assert meters.dropped >= len(others)
    assert (meters.arrived - meters.dropped, meters.delivered) == (2, 2)


# ---- the backlog -------------------------------------------------------------------------------


RPS_CPUS = "/sys/class/net/{link}/queues/rx-0/rps_cpus"
SO_SNDBUFFORCE = 32  # asm-generic/socket.h
BATCH, BATCHES = 500, 12
TAPS = 200  # packet sockets: each makes its core's work for a packet longer


@contextmanager
def slow_core(bed: Testbed) -> Iterator[None]:
    """Packets of b go to core 1 (RPS), which is slower than core 0 sends them."""
    words = ["unshare", "--mount", "sh", "-c", f"mount -t sysfs none /sys && echo 2 > {RPS_CPUS}"]
    words[-1] = words[-1].format(link=bed.b.link)
    with bed.b.namespace.entered():
        subprocess.run(words, check=True, timeout=20)
    before = os.sched_getaffinity(0)
    with ExitStack() as held:
        for _ in range(TAPS):
            with bed.b.namespace.entered():
                tap = held.enter_context(socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0))
            tap.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
            tap.bind((bed.b.link, 0x0003))
        os.sched_setaffinity(0, {0})
        held.callback(os.sched_setaffinity, 0, before)
        yield


def send_batches(bed: Testbed, count: int) -> None:
    """sendmmsg(2): the packets of a batch reach the backlog faster than one by one."""
    batch = Batch(BATCH, 64)
    ends = bytes.fromhex((bed.b.mac + bed.a.mac).replace(":", ""))
    batch.buffer[:] = (ends + b"\x08\x00" + ipv4(bed, udp())).ljust(64, b"\0") * BATCH
    with bed.a.namespace.entered():
        sender = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    with sender:
        sender.setsockopt(socket.SOL_SOCKET, SO_SNDBUFFORCE, 1 << 24)  # else it waits for the receiver
        sender.bind((bed.a.link, 0))
        for _ in range(count):
            with suppress(OSError):  # ENOBUFS: the first of the batch found the backlog full
                batch.send(sender.fileno(), BATCH)


def of_link(bed: Testbed) -> LinkTotals:
    """What the link counted: packets that found the backlog full are rx_dropped, and not received."""
    with bed.b.namespace.entered(), closing(Subject(bed.b.link)) as subject:
        return subject.counts()


@pytest.mark.skipif(os.cpu_count() == 1, reason="a backlog fills where another core empties it")
@pytest.mark.parametrize("name", ["trace", "live", "counters"])
def test_packets_that_found_the_backlog_full_are_counted_once(bed: Testbed, name: str) -> None:
    """net.core.netdev_max_backlog: a core holds 1000 packets, unless the machine has it otherwise."""
    with slow_core(bed), opened(name, bed.b) as (source, tape):
        before = of_link(bed)
        send_batches(bed, BATCHES)
        end_s = time.monotonic() + 20
        meters = pumped(source, tape, 300)
        while meters.dropped < sum(received(bed, before)) and time.monotonic() < end_s:
            meters = pumped(source, tape, 100)
        taken, lost = received(bed, before)
    if not lost:
        pytest.skip("core 1 was faster than core 0")
    assert meters.drops == {"backlog/CPU_BACKLOG": lost, "udp/NO_SOCKET": taken}


@contextmanager
def recorded_drops(path: Path, *reasons: str) -> Iterator[None]:
    """Arrivals and the drops for these reasons, in a file at the end: no event of the taps."""
    numbers = {name: number for number, name in kernel_types().enumeration("skb_drop_reason").items()}
    chosen = " || ".join(f"reason == {numbers[f'SKB_DROP_REASON_{name}']}" for name in reasons)
    try:
        instance = Instance(4096)
    except SourceError as error:
        pytest.skip(str(error))
    with closing(instance):
        instance.write("events/skb/kfree_skb/filter", chosen)
        for event in ("net/netif_rx_entry", "net/netif_receive_skb", "skb/kfree_skb"):
            instance.write(f"events/{event}/enable", "1")
        yield
        instance.write("tracing_on", "0")
        path.write_text(instance.read("trace"))


@pytest.mark.skipif(os.cpu_count() == 1, reason="a backlog fills where another core empties it")
def test_a_recorded_trace_tells_the_packets_that_found_the_backlog_full(
    bed: Testbed, tmp_path: Path
) -> None:
    path = tmp_path / "trace.txt"
    with slow_core(bed), recorded_drops(path, "CPU_BACKLOG", "NO_SOCKET"):
        before = of_link(bed)
        send_batches(bed, BATCHES)
        sent, end_s = -1, time.monotonic() + 20
        while sent != (sent := sum(received(bed, before))) and time.monotonic() < end_s:
            time.sleep(0.5)
        taken, lost = received(bed, before)
    if not lost:
        pytest.skip("core 1 was faster than core 0")
    drops = of_text(path, bed.b.link).drops
    assert drops == {"backlog/CPU_BACKLOG": lost, "udp/NO_SOCKET": taken}


def received(bed: Testbed, before: LinkTotals) -> tuple[int, int]:
    """Packets that the link received since then, and packets that found the backlog full."""
    now = of_link(bed)
    return now.rx_packets - before.rx_packets, now.rx_dropped - before.rx_dropped
