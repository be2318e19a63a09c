"""The ways of the lab's receivers, station by station, over a veth pair."""

from msgspec.structs import replace

from kbview.sources.watching.producer import WatchedPath
from kbview.tape.station import STACK, Domain, Station, bypass

_WIRE = Station(
    "wire", Domain.KERNEL, "software: the other end of the veth pair; a frame sent there is here"
)
_SOFTIRQ = Station(
    "softirq",
    Domain.KERNEL,
    "net_rx_action polls the veth; it runs where the sender is, for no hardware interrupts",
    ("SoftirqEntered", "NapiPolled"),
)
_VETH = Station(
    "veth", Domain.KERNEL, "a link in software: no NIC, no DMA, no interrupt", ("FrameArrived",)
)
_CONVERTING = Station(
    "veth",
    Domain.KERNEL,
    "a link in software: it converts the sender's sk_buff, with a copy, to a page with room for XDP; "
    "none reaches the stack",
    ("FrameArrived",),
)
_SKB, _IP, _UDP, _SOCKET = STACK[2:]
_APP = Station("app", Domain.USER, "the receiver: reads each packet's stamp", ("PacketDelivered",))
_BYPASSED = (_SKB, _IP, _UDP, _SOCKET)


_SEEN = "SkbAllocated"  # counted by the kernel: sk_buffs that reached the stack


def _of_skbs(station: Station) -> Station:
    """A place that every sk_buff of the lab passes, for all are datagrams to the receiver."""
    return Station(station.name, station.domain, station.help, (*_OWN.get(station.name, ()), _SEEN))


_OWN = {"socket": ("SocketQueued",)}
KERNEL = (
    _WIRE,
    _VETH,
    _SOFTIRQ,
    *(_of_skbs(station) for station in (_SKB, _IP, _UDP, _SOCKET)),
    Station(
        "recv",
        Domain.KERNEL,
        "a system call a datagram: into the kernel, one copy, and back; it sleeps on an empty queue",
        ("SyscallEntered", "SocketDequeued", "Copied", "ModeSwitched"),
    ),
    _APP,
)
AF_PACKET = (
    _WIRE,
    _VETH,
    _SOFTIRQ,
    _of_skbs(_SKB),
    Station(
        "tap",
        Domain.KERNEL,
        "tpacket_rcv copies the frame into the ring; IP gets the sk_buff as well, and finds no socket",
        ("Copied",),
    ),
    *(replace(_of_skbs(station), beside=True) for station in (_IP, _UDP)),
    Station(
        "no socket",
        Domain.KERNEL,
        "the sk_buff climbed the stack as ever, found no socket, and is freed",
        (_SEEN,),
        beside=True,
    ),
    Station(
        "block ring",
        Domain.KERNEL,
        "blocks in shared memory: handed over when full or when a timer fires",
        ("BlockRetired", "BlockReleased"),
    ),
    _APP,
)
_XDP = Station(
    "XDP",
    Domain.KERNEL,
    "a program of a few instructions, in the driver's poll: this frame to that socket",
    ("XdpRan",),
)
_UMEM = Station(
    "umem",
    Domain.USER,
    "memory of the application; in copy mode a CPU copies the frame there, and the rx ring says where",
    ("Copied", "RingProduced", "RingConsumed"),
)
AF_XDP = (_WIRE, _CONVERTING, _SOFTIRQ, _XDP, *bypass(_BYPASSED), _UMEM, _APP)
DPDK = (
    _WIRE,
    _CONVERTING,
    _SOFTIRQ,
    _XDP,
    *bypass(_BYPASSED),
    Station(
        "rx_burst",
        Domain.USER,
        "the poll-mode driver looks at the rx ring again and again; it never sleeps",
        ("BurstReceived", "Spun", "PacketDelivered"),
    ),
    Station(
        "mbuf", Domain.USER, "the frame lies in the umem, which is the mempool", ("PacketDelivered",)
    ),
    Station("app", Domain.USER, "testpmd counts the frame and frees it", ("PacketDelivered",)),
)
_STATIONS = {"kernel": KERNEL, "af_packet": AF_PACKET, "af_xdp": AF_XDP, "dpdk": DPDK}


def way(name: str, summary: str, mode: str, *, counted: bool = True) -> WatchedPath:
    """What DatapathStarted says of a receiver that is open; `mode` is what the driver allowed it.

    `counted`: whether the kernel says how many sk_buffs there were; if not, each frame counts as one.
    """
    stations = _STATIONS[name] if counted else tuple(map(_uncounted, _STATIONS[name]))
    return WatchedPath(name, f"{summary} ({mode})" if mode else summary, stations)


def _uncounted(station: Station) -> Station:
    steps = ("FrameArrived" if step == _SEEN else step for step in station.steps)
    return replace(station, steps=tuple(steps))
