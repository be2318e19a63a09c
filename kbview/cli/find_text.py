"""The answers of `kbview find`: lines for people, one object for programs."""

import json
from collections.abc import Sequence
from textwrap import fill

from kbview import __version__
from kbview.cli.paper import say
from kbview.cli.sweep_origin import overridden
from kbview.cli.sweep_series import amount
from kbview.experiment.crossing import Crossing
from kbview.experiment.finding import Answer, Asked, Question
from kbview.experiment.knee import Knee
from kbview.experiment.program import identity
from kbview.experiment.throughput import Throughput
from kbview.tape.handover import mark, marked_notices, notice
from kbview.ui.characters import clean

_WIDTH = 80
_DIGITS = 4
_HEADS = {
    Asked.THROUGHPUT: "largest rate without a lost frame (RFC 2544, 26.1), binary search; "
    "each trial offers {until} and waits for the last; lost: missed, dropped or unsent",
    Asked.KNEE: "knee: the load with the greatest delivered rate / mean latency; each run: {until}, "
    "of which the first fifth is not measured",
    Asked.CROSSING: "load at which {figure} is the same; each run: {until}, of which the first fifth "
    "is not measured",
}


def print_answers(question: Question, found: Sequence[Answer]) -> None:
    """The origin, the definition, and a line for each answer."""
    scenario = question.scenario
    say(clean(f"EMULATED with costs of {scenario.profile}: {scenario.name}"))
    head = _HEADS[question.asked].format(until=question.model.until.text, figure=question.figure.title)
    if question.seeds > 1:
        head += f", with {question.seeds} seeds"
    for line in overridden(question.model):
        say(fill(clean(line), _WIDTH))
    say(fill(f"{head}; resolution {100 * question.resolution:g} %", _WIDTH))
    for line in (_traffic(question), *(f"left out: {reason}" for reason in question.left_out)):
        say(fill(clean(line), _WIDTH))
    say()
    marked = [name + mark(name) for name in question.datapaths]
    names = [" and ".join(marked)] if len(found) == 1 else marked
    for name, answer in zip(names, found, strict=True):
        say(fill(f"{name}: {_said(question, answer)}", _WIDTH, subsequent_indent="    "))
    for line in ["", *notices] if (notices := marked_notices(question.datapaths)) else []:
        say(fill(line, _WIDTH, subsequent_indent="    "))


def _traffic(question: Question) -> str:
    """The frames that each trial offers, and the most of them that the link carries."""
    scenario = question.scenario
    pattern, length = scenario.traffic.pattern, scenario.traffic.mean_length
    return (
        f"offered: frames of {length:g} bytes, pattern {pattern}; up to {_rate(question.top_pps)}, the "
        "most that the link or the burst carries"
    )


def _said(question: Question, answer: Answer) -> str:
    if isinstance(answer, Throughput):
        text = _throughput(answer)
    elif isinstance(answer, Knee):
        text = _knee(question, answer)
    else:
        text = _crossing(question, answer)
    return f"{text} ({answer.trials} trial{'s' * (answer.trials > 1)})"


def _throughput(answer: Throughput) -> str:
    if answer.rate_pps is None:
        return f"frames are lost at every rate tried, down to {_rate(answer.lossy_pps or 0)}"
    if answer.lossy_pps is None:
        return f"{_rate(answer.rate_pps)}, all that the link or the burst carries; nothing is lost"
    return f"{_rate(answer.rate_pps)}; frames are lost at {_rate(answer.lossy_pps)}"


def _knee(question: Question, answer: Knee) -> str:
    if answer.delivered_pps is None or answer.latency_us is None:
        return "nothing is delivered at any rate"
    there = f"delivered {_rate(answer.delivered_pps)}, mean latency {answer.latency_us:.{_DIGITS}g} us"
    if answer.rate_pps is None:
        return f"no knee below {_rate(question.top_pps)}, all that the link carries; there {there}"
    return f"{_rate(answer.rate_pps)}; there {there}"


def _crossing(question: Question, answer: Crossing) -> str:
    first, second = question.datapaths
    figure = question.figure
    if answer.first_lower is None:
        return f"{figure.name} is equal or unknown at every rate"
    lower, higher = (first, second) if answer.first_lower else (second, first)
    if answer.rate_pps is None:
        return f"no crossing up to {_rate(question.top_pps)}: {lower} has less {figure.name} throughout"
    values = " and ".join("-" if each is None else amount(each, _DIGITS) for each in answer.values)
    more = f"; {answer.crossings} crossings, this is the lowest" if answer.crossings > 1 else ""
    return (
        f"{_rate(answer.rate_pps)}: below it {lower} has less {figure.name}, above it {higher}; "
        f"there {values} {figure.unit}{more}"
    )


def _rate(rate_pps: float) -> str:
    return f"{amount(rate_pps, _DIGITS)} frames/s"


def print_json(question: Question, found: Sequence[Answer]) -> None:
    """The question and its answers; rates in frames a second, null where there is none."""
    scenario = question.scenario
    names = [list(question.datapaths)] if question.asked is Asked.CROSSING else question.datapaths
    made = {
        "version": __version__,
        "program": identity(),
        "origin": "emulated",
        "profile": scenario.profile,
        "source": scenario.name,
        "set": dict(question.model.changes),
        "asked": question.asked,
        "figure": question.figure.name if question.asked is Asked.CROSSING else None,
        "resolution": question.resolution,
        "seeds": question.seeds,
        "until": {"time_ps": question.model.until.time_ps, "frames": question.model.until.frames},
        "top_pps": question.top_pps,
        "left_out": list(question.left_out),
        "answers": [
            {"datapath": name, "hands_over": _handed(name), **_object(answer)}
            for name, answer in zip(names, found, strict=True)
        ],
    }
    say(json.dumps(made, indent=1))


def _handed(names: str | Sequence[str]) -> list[str | None] | str | None:
    """What the application of each datapath gets, where it is less than a stack's payload."""
    if isinstance(names, str):
        return notice(names) or None
    return [notice(name) or None for name in names]


def _object(answer: Answer) -> dict[str, object]:
    return {name: getattr(answer, name) for name in answer.__struct_fields__}
