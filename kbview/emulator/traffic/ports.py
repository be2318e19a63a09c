"""Source ports of clients: drawn at random as operating systems draw them, or one after the other.

    ephemeral     RFC 6056, 3.3.1: at random from ip_local_port_range, none twice; when these are used
                  up, from the other ports that RFC 6056, 3.2 allows
    consecutive   FIRST_PORT, FIRST_PORT + 1, ...: packet generators step through them

The hash of RSS is linear, so consecutive ports spread evenly over the queues; random ports spread as
balls that are thrown into urns.
"""

import random
from collections.abc import Iterator, Sequence
from itertools import chain, count
from typing import Literal

PortChoice = Literal["ephemeral", "consecutive"]

FIRST_PORT = 20_000
_LINUX = range(32_768, 61_000)  # net.ipv4.ip_local_port_range
_OTHERS = [*range(1024, _LINUX.start), *range(_LINUX.stop, 65_536)]


def source_ports(choice: PortChoice, seed: int) -> Iterator[int]:
    """Ports in the order in which clients take them; the same for the same seed."""
    if choice == "consecutive":
        return count(FIRST_PORT)
    generator = random.Random(seed)  # noqa: S311 - a model, not a secret
    return chain(_shuffled(_LINUX, generator), _shuffled(_OTHERS, generator))


def _shuffled(ports: Sequence[int], generator: random.Random) -> Iterator[int]:
    """Each port once, in random order; only the drawn ones cost time (Fisher and Yates)."""
    moved: dict[int, int] = {}
    for place in range(len(ports)):
        drawn = generator.randrange(place, len(ports))
        yield ports[moved.get(drawn, drawn)]
        moved[drawn] = moved.get(place, place)
