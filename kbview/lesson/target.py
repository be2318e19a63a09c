"""Targets: the words for the place that a step runs to, as conditions on the state.

The keys `u` and `g` have the same conditions. A lesson has short words for them, and two more:
`step copy_to_user` (the step has been taken) and `event NapiPolled` (the event has been told).
"""

from kbview.experiment.stretch import USUAL_FRAMES, RunLength
from kbview.lesson.fault import LessonError
from kbview.state import until
from kbview.state.destination import parse
from kbview.state.speed import SPEEDS, US
from kbview.tape import events as ev
from kbview.tape.steps import STEPS

LONGEST_PS = 100_000 * US  # of a run in a lesson
_MOST_FRAMES = 200_000
_WORDS = ("drop", "wall", "interrupt", "task", "half full", "nearly full")
_EVENTS: dict[str, type[ev.Event]] = {
    kind.__name__: kind
    for kind in vars(ev).values()
    if isinstance(kind, type) and issubclass(kind, ev.Event) and kind is not ev.Event
}


def _pace_text(speed_ps: int) -> str:
    for unit, size in (("s", 10**12), ("ms", 10**9), ("us", 10**6), ("ns", 10**3)):
        if speed_ps >= size:
            return f"{speed_ps // size}{unit}"
    return f"{speed_ps}ps"


PACES = {_pace_text(speed): rung for rung, speed in enumerate(SPEEDS) if speed is not None}


def check_target(text: str) -> None:
    """Refuse a text that is no target: LessonError."""
    target(text, 0)


def target(text: str, now_ps: int) -> until.Until:
    """The condition that a text means at a moment of the run. Errors: LessonError."""
    text = " ".join(text.split())
    if text in _WORDS:
        return dict(zip(_WORDS, until.choices(), strict=True))[text]
    word, _, name = text.partition(" ")
    if word == "step" and name in STEPS:
        return until.Happened(f"the step {name} is taken", ev.StepTaken, name)
    if word == "event" and name in _EVENTS:
        return until.Happened(f"{name} is told", _EVENTS[name])
    found = parse(text)
    if found is None or found.share is not None:
        words = ", ".join(_WORDS)
        raise LessonError(f"until = {text[:60]!r}: use a time, #12, step NAME, event NAME, {words}")
    if found.packet is not None:
        return until.Packet(found.packet)
    time_ps = found.time_ps + (now_ps if found.relative else 0)
    if not 0 <= time_ps - (now_ps if found.relative else 0) <= LONGEST_PS:
        raise LessonError(f"until = {text[:60]!r}: a lesson runs for up to 100 ms")
    return until.Time(time_ps, text)


def run_length(until_text: str | int | None) -> RunLength:
    """The length of a whole run: a time, a number of frames, or 20,000 frames. Errors: LessonError."""
    if until_text is None:
        return RunLength(frames=USUAL_FRAMES)
    if isinstance(until_text, int):
        if not 1 <= until_text <= _MOST_FRAMES:
            raise LessonError(f"until = {until_text}: use 1 to {_MOST_FRAMES:,} frames")
        return RunLength(frames=until_text)
    found = parse(until_text)
    if found is None or found.relative or not 0 < found.time_ps <= LONGEST_PS:
        raise LessonError(f"until = {until_text[:60]!r}: use a time up to 100ms, or a number of frames")
    return RunLength(time_ps=found.time_ps, frames=None)
