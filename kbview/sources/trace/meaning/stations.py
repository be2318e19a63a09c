"""The stations of a real kernel, as far apart as its tracepoints are.

NIC ║ irq  softirq  gro  stack  socket  read ║ app        an interface with interrupts
    ║ netif_rx  softirq  stack  socket  read ║ app        lo, veth: no hardware, so none is drawn
"""

from kbview.sources.trace.meaning.table import SOCKET_CALLS, STREAM_CALLS, WAITING_CALLS
from kbview.tape.station import Domain, Station
from kbview.tape.steps import resolve

# The steps of the interpreter, in the order of a packet's way.
_STEPS = (
    "hardirq",
    "softirq_dispatch",
    "napi_poll",
    "napi_gro_receive",
    "net_rx_action",
    "protocol_stack",
    "sk_data_ready",
    *SOCKET_CALLS,
    *WAITING_CALLS,
    *STREAM_CALLS,
    "app_work",
)
_NIC = Station(
    "NIC",
    Domain.HARDWARE,
    "an interface; a frame is first seen when its driver hands up the sk_buff: DMA and ring are not",
)
_IRQ = Station(
    "irq",
    Domain.KERNEL,
    "the interface's vector is handled: it is masked and NAPI scheduled",
)
_HANDED_OVER = Station(
    "netif_rx",
    Domain.KERNEL,
    "a virtual device: the sender's own core puts the sender's sk_buff into its backlog",
)
_SOFTIRQ = Station(
    "softirq",
    Domain.KERNEL,
    "net_rx_action polls a device or the backlog, 64 packets at a time; entering is no mode switch",
)
_GRO = Station(
    "gro",
    Domain.KERNEL,
    "segments of a flow are merged into one sk_buff where they can be",
)
_STACK = Station(
    "stack",
    Domain.KERNEL,
    "IP, then TCP or UDP: no tracepoint lies between them, so their time is one number",
)
_SOCKET = Station(
    "socket",
    Domain.KERNEL,
    "the receive queue; sk_data_ready wakes a sleeping reader",
)
_READ = Station(
    "read",
    Domain.KERNEL,
    "a system call: into the kernel, copy to the application's buffer, and back",
)
_APP = Station("app", Domain.USER, "the application, between its system calls")


def stations(*, physical: bool) -> tuple[Station, ...]:
    """Of an interface with a device behind it, or of one that is only software."""
    below = (_NIC, _IRQ, _SOFTIRQ, _GRO) if physical else (_HANDED_OVER, _SOFTIRQ)
    return resolve((*below, _STACK, _SOCKET, _READ, _APP), _STEPS)
