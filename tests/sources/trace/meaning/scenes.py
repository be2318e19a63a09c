"""Records by hand: a small language for what a kernel would write, and a interpreter that hears it."""

from collections.abc import Sequence
from typing import Any, TypeVar

from kbview.sources.trace.meaning.interpreter import Interpreter
from kbview.sources.trace.meaning.machine_state import WatchedInterface
from kbview.sources.trace.meaning.record import TraceRecord
from kbview.sources.trace.meaning.table import BY_NAME
from kbview.tape import events as ev

E = TypeVar("E", bound=ev.Event)
SOFTIRQ = 0x10
READER, IDLE = 50, 0


class Trace:
    """Time goes on by a microsecond a record; `run` is what the interpreter tells."""

    def __init__(self, target: WatchedInterface | None = None) -> None:
        self.records: list[TraceRecord] = []
        target = target or WatchedInterface("veth0", rcvbuf=(212_992, 131_072))
        self.interpreter = Interpreter(target, lambda ns: ns * 1000)
        self.cpu, self.pid, self.flags = 0, IDLE, 0
        self.now_ns = 1_000_000
        self.found: list[str] = []

    def say(self, point: str, **fields: Any) -> "Trace":
        """One record, with None for the fields that are not given."""
        self.now_ns += 1000
        values = tuple(fields.pop(name, None) for name in BY_NAME[point].fields)
        assert not fields, f"{point} has no {fields}"
        self.records.append(TraceRecord(self.now_ns, self.cpu, self.pid, self.flags, point, values))
        return self

    def wait(self, ms: int) -> "Trace":
        self.now_ns += ms * 1_000_000
        return self

    def switch(self, pid: int, name: str = "reader") -> "Trace":
        """Another task runs; the record is still the old one's."""
        before = self.pid
        fields = {"prev_comm": "", "prev_pid": before, "next_comm": name if pid else "swapper"}
        self.say("sched_switch", next_pid=pid, **fields)
        self.pid = pid
        return self

    def arrive(self, skb: int, length: int = 128) -> "Trace":
        """A frame through the backlog, up to the moment when the layers have it."""
        return self.say(
            "netif_rx_entry", skbaddr=skb, name="veth0", len=length, truesize=832, protocol=0x800
        )

    def poll(self, work: int = 1) -> "Trace":
        return self.say("napi_poll", napi=1, dev_name="(no_device)", work=work, budget=64)

    def begin_softirq(self) -> "Trace":
        self.flags = SOFTIRQ
        return self.say("softirq_entry", vec=3)

    def end_softirq(self) -> "Trace":
        self.say("softirq_exit", vec=3)
        self.flags = 0
        return self

    def climb(self, skb: int, length: int = 128) -> "Trace":
        return self.say("netif_receive_skb", skbaddr=skb, name="veth0", len=length)

    def ready(self, socket: int, protocol: int = 17) -> "Trace":
        return self.say("sk_data_ready", skaddr=socket, protocol=protocol)

    def read(self, socket: int, length: int, **more: Any) -> "Trace":
        return self.say("sock_recv_length", sk=socket, ret=length, **more)

    def tell(self) -> list[ev.Event]:
        """What all of it means so far."""
        self.interpreter.hear(self.records)
        self.records = []
        return self.interpreter.release(self.now_ns * 1000)


def of(events: Sequence[ev.Event], *kinds: type[E]) -> list[E]:
    return [event for event in events if isinstance(event, kinds)]


def names(events: Sequence[ev.Event]) -> list[str]:
    return [type(event).__name__ for event in events]
