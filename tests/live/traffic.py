"""Datagrams between the two ends of a testbed, and what a source makes of them."""

import contextlib
import socket
from collections.abc import Iterator

from kbview.sources.lab.testbed import Testbed
from kbview.sources.request import Choice
from kbview.sources.resolve import resolve
from kbview.tape.events import Event
from kbview.tape.meter import Meters, Sample
from kbview.tape.source import Source
from kbview.tape.tape import Tape

MS = 10**9
NEVER_PS = 1 << 62


def send(bed: Testbed, count: int, *, flows: int = 1, size: int = 64) -> None:
    """From end a to end b, to a port where nobody listens: b's stack drops them, the tap sees them."""
    with bed.a.namespace.entered():
        senders = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(flows)]
    with contextlib.ExitStack() as opened:
        for sender in senders:
            opened.enter_context(sender)
            sender.bind((bed.a.address, 0))
        for number in range(count):
            data = number.to_bytes(4, "big").ljust(size, b".")
            senders[number % flows].sendto(data, (bed.b.address, 9))


@contextlib.contextmanager
def watched(bed: Testbed, **settings: int) -> Iterator[Source]:
    """`live:` on end b."""
    overrides = tuple((key, str(value)) for key, value in settings.items())
    with bed.b.namespace.entered():
        source = resolve(f"live:{bed.b.link}", Choice(overrides=overrides))
    try:
        yield source
    finally:
        source.close()


def pumped(source: Source, tape: Tape, milliseconds: int) -> Meters:
    """Catch up with the present, then let time pass; the meters at its end."""
    reached_ps = source.pump(tape, NEVER_PS, budget_s=0)
    source.pump(tape, reached_ps + milliseconds * MS)
    return last(tape)


def last(tape: Tape) -> Meters:
    """The meters of the last sample."""
    return [record for record in tape.read(0) if isinstance(record, Sample)][-1].meters


def told(tape: Tape, kind: type[Event]) -> list[Event]:
    """All events of one kind."""
    return [record for record in tape.read(0) if isinstance(record, kind)]
