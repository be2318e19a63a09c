"""The verdict: a reader's prediction beside the answer of the model."""

import re
from collections.abc import Sequence

import msgspec

from kbview.lesson.fault import LessonError
from kbview.lesson.lesson import Prediction
from kbview.lesson.query import Value
from kbview.lesson.wording import shown

_NUMBER = re.compile(r"(-?\d{1,18}(?:\.\d{0,18})?(?:e\d{1,2})?)\s*([kMG]?)", re.ASCII)
_FACTORS = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9}


class Decision(msgspec.Struct, frozen=True):
    """`right` is None if the reader passed or the model has no answer. `text` is for the reader.

    `truth` is the answer of the model in words.
    """

    right: bool | None
    text: str
    truth: str = ""


def understood(prediction: Prediction, answer: str) -> float:
    """A prediction as a number: of a choice its place from 1. Errors: LessonError with a remedy."""
    text = " ".join(answer.split())
    if prediction.kind == "number":
        found = _NUMBER.fullmatch(text.replace(",", "").replace("_", ""))
        if found is None:
            raise LessonError(f"{text[:40]!r} is no number; write 1800, 1.8k or 2M")
        return float(found[1]) * _FACTORS[found[2]]
    folded = [choice.casefold() for choice in prediction.choices]
    if text.casefold() in folded:
        return folded.index(text.casefold()) + 1
    if text.isascii() and text.isdecimal() and 1 <= int(text[:4]) <= len(folded):
        return int(text)
    raise LessonError(f"{text[:40]!r} is no choice; use 1 to {len(folded)}")


def decide(prediction: Prediction, answer: str, values: Sequence[Value]) -> Decision:
    """Compare an answer, "" for none, with the values of the prediction's queries.

    Errors: LessonError for a text that is no answer.
    """
    guess = understood(prediction, answer) if answer else None
    if any(value is None or isinstance(value, str) for value in values):
        return Decision(None, "The model has no value for this here.")
    if prediction.kind == "number":
        return _number(prediction, guess, _of(values[0]))
    return _choice(prediction, guess, values)


def _of(value: Value) -> float:
    return 0.0 if value is None or isinstance(value, str) else float(value)


def _number(prediction: Prediction, guess: float | None, truth: float) -> Decision:
    unit = f" {prediction.unit}" if prediction.unit else ""
    told = f"{shown(truth)}{unit}"
    if guess is None:
        return Decision(None, f"The model: {told}.", told)
    missed = abs(guess - truth)
    right = missed <= (prediction.tolerance or 0) * abs(truth)
    by = f"{100 * missed / abs(truth):.0f} %" if truth else shown(missed)
    side = "high" if guess > truth else "low"
    off = f"{by} too {side}" if missed else "exact"
    return Decision(right, f"{_mark(right)} You: {shown(guess)}{unit}. The model: {told}; {off}.", told)


def _choice(prediction: Prediction, guess: float | None, values: Sequence[Value]) -> Decision:
    numbers = [_of(value) for value in values]
    largest = max(range(len(numbers)), key=numbers.__getitem__)
    told = prediction.choices[largest]
    if numbers.count(numbers[largest]) > 1 or (prediction.kind == "choice" and not numbers[largest]):
        return Decision(None, "The model gives no single answer here.")
    if prediction.kind == "larger":
        unit = f" {prediction.unit}" if prediction.unit else ""
        told += f", {shown(max(numbers))} against {shown(min(numbers))}{unit}"
    if guess is None:
        return Decision(None, f"The model: {told}.", told)
    right = round(guess) == largest + 1
    mine = "" if right else f" You: {prediction.choices[round(guess) - 1]}."
    return Decision(right, f"{_mark(right)}{mine} The model: {told}.", told)


def _mark(right: bool) -> str:
    return "Right." if right else "Not so."
