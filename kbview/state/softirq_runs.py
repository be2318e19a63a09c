"""Runs of net_rx_action: packets, polls and time of each core's latest, and the reason of its end."""

from typing import NamedTuple

from kbview.state.reducer import Reducer
from kbview.tape import events as ev
from kbview.tape.detail import Detail

MOST_ROUNDS = 10  # MAX_SOFTIRQ_RESTART, kernel/softirq.c
MOST_LOOP_PS = 2_000_000_000  # MAX_SOFTIRQ_TIME


class NetRxRun(NamedTuple):
    """A run of one core.

    `round` counts the runs of a loop from 1, and `loop_ps` is the beginning of the first of them. Both
    are 0 where no loop counts: in ksoftirqd, for a soft interrupt, and if the first run is forgotten.
    `budget` and `budget_ps` are its limits; None is unknown. `whole`: the last poll used up its weight.
    `ended_ps` is None while the run lasts.
    """

    cpu: int
    begun_ps: int
    round: int = 0
    loop_ps: int = 0
    budget: int | None = None
    budget_ps: int | None = None
    packets: int = 0
    polls: int = 0
    whole: bool = False
    squeezed: bool = False
    ended_ps: int | None = None

    @property
    def ending(self) -> str:
        """Why it ended, or that it lasts."""
        if self.ended_ps is None:
            return "not over yet"
        if self.squeezed:
            return "budget used up, work left"
        return "poll's weight used up" if self.whole else "ring empty"


_FIRST = ("irq_exit", "local_bh_enable")  # the entries that begin a loop of restarts


class SoftirqRuns(Reducer):
    """A run is forgotten two chunks of the tape after its beginning."""

    hears = frozenset({ev.SoftirqEntered, ev.SoftirqExited, ev.NapiPolled})
    least = Detail.STEPS

    def __init__(self) -> None:
        self._young: dict[int, NetRxRun] = {}  # by core, begun in this chunk
        self._old: dict[int, NetRxRun] = {}  # in the one before
        self._loops: dict[int, tuple[int, int]] = {}  # of each core: runs of its loop, its beginning

    def turn(self) -> None:
        self._young, self._old, self._loops = {}, self._young, {}

    def clear(self) -> None:
        self.turn()
        self.turn()

    def apply(self, record: ev.Event) -> None:
        cpu = getattr(record, "cpu", ev.NO_CPU)
        run = self.of(cpu)
        match record:
            case ev.SoftirqEntered():
                self._begin(record)
            case ev.NapiPolled() if run and run.ended_ps is None:
                self._put(
                    run._replace(
                        packets=run.packets + record.work,
                        polls=run.polls + 1,
                        whole=record.work >= record.budget,
                    )
                )
            case ev.SoftirqExited() if run and run.ended_ps is None:
                self._put(run._replace(squeezed=record.squeezed, ended_ps=record.time_ps))
            case _:
                pass

    def _begin(self, entered: ev.SoftirqEntered) -> None:
        cpu, now_ps = entered.cpu, entered.time_ps
        if entered.by in _FIRST:
            self._loops[cpu] = (1, now_ps)
        elif entered.by == "restart" and cpu in self._loops:
            rounds, begun_ps = self._loops[cpu]
            self._loops[cpu] = (rounds + 1, begun_ps)
        else:
            self._loops.pop(cpu, None)
        loop = self._loops.get(cpu, (0, 0))
        self._old.pop(cpu, None)
        self._young.pop(cpu, None)  # the latest stands last
        self._young[cpu] = NetRxRun(cpu, now_ps, *loop, entered.budget, entered.budget_ps)

    def _put(self, run: NetRxRun) -> None:
        runs = self._young if run.cpu in self._young else self._old
        runs[run.cpu] = run

    def of(self, cpu: int) -> NetRxRun | None:
        """The latest run of a core; None if none is remembered."""
        return self._young.get(cpu, self._old.get(cpu))

    @property
    def latest(self) -> NetRxRun | None:
        """The run that began last on any core; None if none is remembered."""
        return next(reversed((self._young or self._old).values()), None)
