"""Datagrams between the two ends of a testbed, and what a source makes of them."""

import contextlib
import socket
from collections.abc import Callable, Iterator

from kbview.sources.linux.testbed import Testbed
from kbview.sources.request import Choice
from kbview.sources.resolve import resolve
from kbview.tape.events import Event, SourceNoted
from kbview.tape.meter import Meters, Sample
from kbview.tape.source import Source
from kbview.tape.tape import Tape

MS = 10**9
NEVER_PS = 1 << 62
PATIENCE_MS, STEP_MS = 20_000, 50  # a busy machine brings frames late


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
def watched(bed: Testbed, text: str = "", /, **settings: int | str) -> Iterator[Source]:
    """The ring of `live:` on end b, with a filter; the stack's fate of its packets is left out."""
    own = {"fate": "off"} | {key: str(value) for key, value in settings.items()}
    overrides = tuple(own.items())
    with bed.b.namespace.entered():
        source = resolve(f"live:{bed.b.link}", Choice(overrides=overrides, filter=text))
    try:
        yield source
    finally:
        source.close()


def pumped(
    source: Source,
    tape: Tape,
    milliseconds: int,
    *,
    arrived: int = 0,
    seen: Callable[[Meters], bool] = lambda _: True,
) -> Meters:
    """Catch up with the present, let time pass, wait for so many frames or what is to be seen.

    Returns the meters at the end: of the wait if it came about, of the patience if it did not.
    """
    reached_ps = source.pump(tape, NEVER_PS, budget_s=0)
    reached_ps = source.pump(tape, reached_ps + milliseconds * MS)
    for _ in range(PATIENCE_MS // STEP_MS):
        meters = last(tape)
        whole = not arrived or (meters.arrived >= arrived and not meters.in_flight)
        if source.ended or (whole and seen(meters)):
            break
        reached_ps = source.pump(tape, reached_ps + STEP_MS * MS)
    return last(tape)


def noted(source: Source, tape: Tape, count: int) -> list[str]:
    """Pump until the source has noted so many things; its notes."""
    reached_ps = tape.end_ps
    for _ in range(PATIENCE_MS // STEP_MS):
        notes = [event.note for event in told(tape, SourceNoted) if isinstance(event, SourceNoted)]
        if len(notes) >= count:
            break
        reached_ps = source.pump(tape, reached_ps + STEP_MS * MS)
    return notes


def last(tape: Tape) -> Meters:
    """The meters of the last sample."""
    return [record for record in tape.read(0) if isinstance(record, Sample)][-1].meters


def told(tape: Tape, kind: type[Event]) -> list[Event]:
    """All events of one kind."""
    return [record for record in tape.read(0) if isinstance(record, kind)]
