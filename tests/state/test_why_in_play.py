"""The sentence of the app in play: each number in it is that of the meters beside it."""

import re
from collections.abc import Callable, Iterator

import pytest

from kbview.sources.emulated.scenario import scenarios
from kbview.sources.request import Choice
from kbview.sources.resolve import recording, recordings, resolve
from kbview.state.interval import Interval
from kbview.state.player import Player
from kbview.state.speed import DEFAULT_SPEED, MS, SPEEDS
from kbview.state.state import State

Confirm = Callable[[State, Interval | None, re.Match[str]], bool]
NUMBER = r"([\d,.]+)"
TICKS = 12
# At the first, sentences come from single events; at the others from meters alone.
RUNGS = (DEFAULT_SPEED, SPEEDS.index(20 * MS))


def told(text: str) -> float:
    return float(text.replace(",", ""))


def grew(name: str) -> Confirm:
    """The number is the growth of a total in the last moments."""
    return lambda _, recent, found: recent is not None and told(found[1]) == recent.change(name) > 0


def counted(name: str) -> Confirm:
    return lambda state, _, __: getattr(state.meters, name) > 0


def at_most(name: str) -> Confirm:
    return lambda state, _, found: 0 < told(found[1]) <= getattr(state.meters, name)


def always(*_: object) -> bool:
    return True


def dropped(state: State, _: Interval | None, found: re.Match[str]) -> bool:
    return state.meters.drops.get(f"{found[1]}/{found[2]}", 0) > 0


def of_a_poll(_: State, __: Interval | None, found: re.Match[str]) -> bool:
    return 0 <= told(found[1]) <= told(found[2])


def for_each_interrupt(_: State, recent: Interval | None, found: re.Match[str]) -> bool:
    assert recent is not None
    meters, before = recent.after.meters, recent.before.meters
    interrupts, arrived = meters.interrupts - before.interrupts, meters.arrived - before.arrived
    if found[2] == "; interrupts for sent frames count, too":
        assert meters.completion_interrupts is None
    else:
        sent = (meters.completion_interrupts or 0) - (before.completion_interrupts or 0)
        assert bool(sent) is bool(found[2])
        interrupts -= sent
    return abs(told(found[1]) - arrived / interrupts) <= 0.051


def empty_polls(_: State, recent: Interval | None, found: re.Match[str]) -> bool:
    assert recent is not None
    share = 100 * recent.change("empty_polls") / recent.change("polls")
    return found[1] == "Nearly 100" if 99.5 <= share < 100 else abs(told(found[1]) - share) <= 0.51


def received(state: State, _: Interval | None, __: re.Match[str]) -> bool:
    """At least an interrupt came for received frames."""
    return state.meters.interrupts > (state.meters.completion_interrupts or 0)


def of_this(state: State, _: Interval | None, found: re.Match[str]) -> bool:
    return found[1] == state.datapath


FORMS: tuple[tuple[str, Confirm], ...] = (
    (rf"Ring full: {NUMBER} frames found no free descriptor\.", grew("missed")),
    (rf"{NUMBER} packets were given up; see drops for where and why\.", grew("dropped")),
    (r"Softirqs end on their budget with work left\.", counted("squeezes")),
    (r"Squeezed: .*", counted("softirqs")),
    (rf"{NUMBER} frames arrive for each interrupt(.*)\.", for_each_interrupt),
    (r"([\d.]+|Nearly 100) % of the polls find an empty ring: busy is not useful\.", empty_polls),
    (r"Missed: no descriptor was free, so the NIC had nowhere to write\.", counted("missed")),
    (r"Dropped at (\w+): (\w+)\.", dropped),
    (r"Now (\S+): .*\.", of_this),
    (r"\S+ slept and is woken: a context switch\.",
     counted("wakeups")),
    (rf"The core polled an empty ring {NUMBER} times: busy, but with nothing to do\.",
     at_most("empty_polls")),
    (rf"A poll from user space found {NUMBER} of at most {NUMBER} frames\.", of_a_poll),
    (rf"One ioctl brought {NUMBER} of {NUMBER} packets: a copy each, no sk_buff\.", of_a_poll),
    (rf"NAPI polled {NUMBER} of {NUMBER}: the ring is empty, polling ends\.", of_a_poll),
    (rf"NAPI kept polling: its {NUMBER} were used up, so the interrupt stays masked\.",
     at_most("arrived")),
    (r"The frames are in memory already; now the NIC interrupts cpu\d+\.", received),
    (r"Frames were sent, and their buffers may be freed: the NIC interrupts cpu\d+\.",
     counted("completion_interrupts")),
    (r"Frames came or were sent: the NIC interrupts cpu\d+\.", counted("interrupts")),
    (rf"{NUMBER} events reach the application together: one switch for them all\.",
     at_most("arrived")),
    (r"One event alone is handed to the application: it pays a whole switch\.", counted("arrived")),
    (r"Softirqs are left over: ksoftirqd takes them, as a thread\.", counted("softirqs")),
    (r"ksoftirqd, a thread like others, does the softirqs' work\.", counted("softirqs")),
    (r"Softirqs run inside a system call .*", counted("syscalls")),
    (r"", always),
)  # fmt: skip


def cases() -> Iterator[tuple[str, str | None, int]]:
    for rung in RUNGS:
        yield from ((name, one.datapath, rung) for name, one in scenarios().items())
        yield from ((name, None, rung) for name in recordings())


@pytest.mark.parametrize(("word", "datapath", "rung"), list(cases()))
def test_no_sentence_in_play_contradicts_the_meters(word: str, datapath: str | None, rung: int) -> None:
    source = resolve(recording(word) or word, Choice(datapath=datapath))
    player = Player(source, rung)
    for _ in range(TICKS):
        player.tick(0.1)
        state = player.state
        matches = ((confirm, re.fullmatch(form, state.why)) for form, confirm in FORMS)
        confirm, found = next((match for match in matches if match[1]), (None, None))
        assert confirm is not None, state.why
        assert found is not None
        assert confirm(state, state.histories.recent(), found), state.why
    source.close()
