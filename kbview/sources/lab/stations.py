"""The ways of the lab's receivers, station by station, over a veth pair."""

from kbview.sources.producer import Way
from kbview.tape.station import STACK, Domain, Station, bypass

_WIRE = Station("wire", Domain.HARDWARE, "the other end of the veth pair: what is sent there is here")
_SOFTIRQ = Station(
    "softirq",
    Domain.KERNEL,
    "net_rx_action polls the veth; it runs where the sender is, for no hardware interrupts",
    ("FrameArrived", "SoftirqEntered", "NapiPolled", "softirq_dispatch", "napi_poll", "napi_complete"),
)
_VETH = Station(
    "veth", Domain.HARDWARE, "a link in software: no NIC, no DMA, no interrupt", ("FrameArrived",)
)
_SKB, _IP, _UDP, _SOCKET = STACK[2:]
_APP = Station("app", Domain.USER, "the receiver: reads each packet's stamp", ("PacketDelivered",))
_BYPASSED = (_SKB, _IP, _UDP, _SOCKET)


def _passed(station: Station) -> Station:
    """Every frame of the lab passes here, whether or not a tracepoint tells of it."""
    return Station(station.name, station.domain, station.help, (*station.steps, "FrameArrived"))


KERNEL = (
    _WIRE,
    _VETH,
    _SOFTIRQ,
    *(_passed(station) for station in (_SKB, _IP, _UDP, _SOCKET)),
    Station(
        "recv",
        Domain.USER,
        "a system call a datagram: into the kernel, one copy, and back; it sleeps on an empty queue",
        ("SyscallEntered", "SocketDequeued", "Copied", "ModeSwitched"),
    ),
    _APP,
)
AF_PACKET = (
    _WIRE,
    _VETH,
    _SOFTIRQ,
    _passed(_SKB),
    Station(
        "tap",
        Domain.KERNEL,
        "tpacket_rcv copies the frame into the ring; IP gets the sk_buff as well, and finds no socket",
        ("Copied", "FrameArrived"),
    ),
    *bypass((_IP, _UDP, _SOCKET)),
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
    ("XdpRan", "FrameArrived"),
)
_UMEM = Station(
    "umem",
    Domain.USER,
    "memory of the application; in copy mode a CPU copies the frame there, and the rx ring says where",
    ("Copied", "RingProduced", "RingConsumed"),
)
AF_XDP = (_WIRE, _VETH, _SOFTIRQ, _XDP, *bypass(_BYPASSED), _UMEM, _APP)
DPDK = (
    _WIRE,
    _VETH,
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


def way(name: str, summary: str, mode: str) -> Way:
    """What DatapathStarted says of a receiver that is open; `mode` is what the driver allowed it."""
    return Way(name, f"{summary} ({mode})" if mode else summary, _STATIONS[name])
