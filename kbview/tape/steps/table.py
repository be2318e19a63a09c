"""The table of all steps, in the order of the ways that they lie on."""

from kbview.tape.steps import (
    bypass,
    connection,
    hardware,
    interrupt,
    shared_ring,
    socket,
    stack,
    traced,
    transmit,
    user_tcp,
    user_udp,
)
from kbview.tape.steps.declaration import Declaration

_TABLES = (
    (interrupt.__name__, interrupt.INTERRUPT),
    (stack.__name__, stack.STACK),
    (socket.__name__, socket.SOCKET),
    (connection.__name__, connection.CONNECTION),
    (transmit.__name__, transmit.TRANSMIT),
    (bypass.__name__, bypass.BYPASS),
    (shared_ring.__name__, shared_ring.SHARED_RING),
    (user_tcp.__name__, user_tcp.USER_TCP),
    (user_udp.__name__, user_udp.USER_UDP),
    (hardware.__name__, hardware.HARDWARE),
    (traced.__name__, traced.TRACED),
)
TABLES: dict[str, dict[str, Declaration]] = dict(_TABLES)  # by module
STEPS: dict[str, Declaration] = {
    name: step for table in TABLES.values() for name, step in table.items()
}
