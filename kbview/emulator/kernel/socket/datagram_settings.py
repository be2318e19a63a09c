"""The keys of UDP sockets: the sizes of their buffers, and the lock of their queue."""

from dataclasses import dataclass
from typing import Annotated

from kbview.emulator.keys import MOST, Keys, meaning, number


@dataclass(frozen=True, kw_only=True)
class SocketSettings(Keys):
    """Buffers and queues of a UDP socket. Defaults are Linux's rmem_default and wmem_default."""

    rcvbuf: Annotated[
        int, number("receive buffer of a UDP socket (SO_RCVBUF)", "bytes", ge=2304, le=MOST)
    ] = 212_992
    reader_queue: Annotated[
        bool,
        meaning(
            "whether a UDP socket's readers have a queue of their own (Linux 4.13), or softirq's lock"
        ),
    ] = True
    sndbuf: Annotated[
        int, number("send buffer of a UDP socket (SO_SNDBUF)", "bytes", ge=4608, le=MOST)
    ] = 212_992
