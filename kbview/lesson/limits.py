"""The bounds of a lesson file: text that fits the screen, and work that a machine can do.

Each check raises LessonError with the place in the file and the bound.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from textwrap import wrap

from kbview.emulator.datapaths import DATAPATHS
from kbview.lesson import readings
from kbview.lesson.fault import LessonError
from kbview.lesson.lesson import Bring, Lesson, LessonStep, Prediction, Setting, WholeRun, in_list
from kbview.lesson.query import Query, query
from kbview.lesson.target import PACES, check_target, run_length

MOST_BYTES = 1 << 16
MOST_WORDS = 45
ROWS = 5  # of a step on a screen of 80 columns
ROWS_AFTER = 3  # of the text after an answer, below the verdict
_COLUMNS = 78
_MOST_STEPS = 60
_MOST_RUNS = 16
_MOST_LISTED = 12  # claims, targets of `until`, choices, settings
_MOST_TEXT = 400  # characters of any text
_PREFIX = re.compile(r"[a-z][a-z0-9_]{0,30}\Z", re.ASCII)
_IDENTITY = re.compile(r"[a-z][a-z0-9-]{0,40}\Z", re.ASCII)
_SOURCE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,80}\Z", re.ASCII)
_HOLE = re.compile(r"\{([^{}]*)\}")
DATAPATH_NAMES = {readings.spelled(name): name for name in DATAPATHS}
_VIEWS = ("overview", "journey", "compare", "packet", "costs", "drops")


def holes(text: str) -> list[str]:
    """The queries in braces of a text."""
    return _HOLE.findall(text)


def fill(text: str, values: list[str]) -> str:
    """The text with a value for each of its queries in braces, in their order."""
    left = iter(values)
    return _HOLE.sub(lambda found: next(left, found[0]), text)


def prefixes(lesson: Lesson) -> tuple[str, ...]:
    """The words that may stand before the dot of a figure: the lesson's runs and the datapaths."""
    return (*lesson.runs, *DATAPATH_NAMES)


def check_lesson(lesson: Lesson) -> None:
    """Check every field: LessonError for the first fault, with its step."""
    if not _IDENTITY.match(lesson.id):
        raise LessonError('id: use lower-case letters, digits and hyphens, such as "copy"')
    for name in ("title", "reading", "section"):
        check_text(name, getattr(lesson, name))
    if not lesson.title:
        raise LessonError("title is empty")
    _check_count("minutes", lesson.minutes, 1, 240)
    _check_count("[[step]]", len(lesson.steps), 1, _MOST_STEPS)
    _check_count("[runs]", len(lesson.runs), 0, _MOST_RUNS)
    _check_source(lesson.source)
    for name, run in lesson.runs.items():
        _check_run(name, run)
    _check_setup("the head", lesson.datapath, lesson.settings)
    known = prefixes(lesson)
    for number, step in enumerate(lesson.steps, 1):
        try:
            _check_step(step, known)
        except LessonError as error:
            raise LessonError(f"step {number}: {error}") from None
    _check_runs_are_asked(lesson)


def _check_runs_are_asked(lesson: Lesson) -> None:
    """Refuse a whole run that no query names: it costs time and shows nothing."""
    texts = chain.from_iterable(map(_queries, lesson.steps))
    asked = {name.partition(".")[0] for text in texts for name in query(text).names}
    for name in lesson.runs:
        if name not in asked:
            raise LessonError(f"[runs.{name}] is named by no query; remove it")


def _queries(step: LessonStep) -> list[str]:
    """Every query of a step: claims, answers, and figures in its texts."""
    found = [*step.claims, *holes(step.prose)]
    if (asked := step.prediction) is not None:
        found += [*asked.answers, *holes(asked.because), *holes(asked.question)]
    return found


def check_text(name: str, text: str) -> None:
    """Refuse characters that a terminal would obey, and a text of more than 400 characters."""
    if len(text) > _MOST_TEXT:
        raise LessonError(f"{name} has {len(text):,} characters; use up to {_MOST_TEXT}")
    if not " ".join(text.split()).isprintable():
        raise LessonError(f"{name} has a character that cannot be printed")


def _check_count(name: str, count: int, least: int, most: int) -> None:
    if not least <= count <= most:
        raise LessonError(f"{name}: {count} is out of range; use {least} to {most}")


def _check_source(source: str) -> None:
    if not _SOURCE.match(source) or ".." in source:
        raise LessonError("source: use a scenario, a bundled recording, or a file beside the lesson")


def _check_setup(where: str, datapath: str | None, settings: Mapping[str, Setting]) -> None:
    if datapath is not None and datapath not in DATAPATHS:
        raise LessonError(f"{where}: datapath {datapath[:60]!r} is unknown; use {', '.join(DATAPATHS)}")
    _check_count(f"settings of {where}", len(settings), 0, _MOST_LISTED)


def _check_run(name: str, run: WholeRun) -> None:
    taken = {*readings.SINGLE, "step", "drop", "ring", "socket", *DATAPATH_NAMES}
    if not _PREFIX.match(name) or name in taken or name.startswith("core"):
        raise LessonError(f"[runs.{name[:40]!r}]: use another name, of lower-case letters, digits, _")
    if run.source is not None:
        _check_source(run.source)
    _check_setup(f"[runs.{name}]", run.datapath, run.settings)
    run_length(run.until)


def _check_step(step: LessonStep, known: tuple[str, ...]) -> None:
    prediction = step.prediction
    question = prediction.question if prediction else ""
    _check_words("prose and question", f"{step.prose} {question}")
    choices = (
        "  ".join(f"{at} {text}" for at, text in enumerate(prediction.choices, 1)) if prediction else ""
    )
    _check_rows(
        "prose, question and choices", (f"[00/00] {step.prose}", f"{question}  {choices}"), ROWS
    )
    if not step.prose.strip():
        raise LessonError("prose is empty")
    for word in in_list(step.look):
        check_text("look", word)
    _check_count("claims", len(step.claims), 0, _MOST_LISTED)
    for claim in [*step.claims, *holes(step.prose)]:
        check_query(claim, known)
    _check_bring(step.bring)
    if prediction is not None:
        _check_prediction(prediction, known)


def _check_words(name: str, text: str) -> None:
    check_text(name, text)
    count = len(_HOLE.sub("0", text).split())
    if count > MOST_WORDS:
        raise LessonError(f"{name}: {count} words; use up to {MOST_WORDS}")


def _check_rows(name: str, texts: Iterable[str], most: int) -> None:
    """Refuse texts that need more rows of 80 columns, each beginning in a row of its own."""
    rows = sum(len(wrap(_HOLE.sub("0,000", " ".join(text.split())), _COLUMNS)) for text in texts)
    if rows > most:
        raise LessonError(f"{name}: {rows} rows of 80 columns; shorten the text to {most}")


def check_query(text: str, known: tuple[str, ...]) -> Query:
    """The query, with at least one name, each a figure of the moment or of a run."""
    found = query(text)
    if not found.names:
        raise LessonError(f"`{text[:80]}` names no figure; the model has to give the answer")
    for name in found.names:
        first, _, rest = name.partition(".")
        readings.check_name(rest if rest and first in known else name)
    return found


def _check_bring(bring: Bring) -> None:
    if bring.source is not None:
        _check_source(bring.source)
    _check_setup("bring", bring.datapath, bring.settings)
    targets = in_list(bring.until)
    _check_count("until", len(targets), 0, _MOST_LISTED)
    for target in targets:
        check_target(target)
    if bring.pace is not None and bring.pace not in PACES:
        raise LessonError(f'pace = "{bring.pace[:40]!r}": use 1, 2 or 5 times a power of ten: "50us"')
    if bring.view is not None and bring.view not in _VIEWS:
        raise LessonError(f"view = {bring.view[:40]!r}: use {', '.join(_VIEWS)}")


def _check_prediction(prediction: Prediction, known: tuple[str, ...]) -> None:
    _check_words("because", prediction.because)
    _check_rows("because", (f"[00/00] {prediction.because}",), ROWS_AFTER)
    check_text("unit", prediction.unit)
    for text in (prediction.question, *prediction.choices):
        check_text("a choice", text)
    if not prediction.question.strip():
        raise LessonError("question is empty")
    for text in [*prediction.answers, *holes(prediction.because), *holes(prediction.question)]:
        check_query(text, known)
    for fault in _ill_formed(prediction):
        raise LessonError(fault)


def _ill_formed(prediction: Prediction) -> Iterator[str]:
    """The faults of a prediction in its kind."""
    choices, answers = len(prediction.choices), len(prediction.answers)
    if prediction.kind == "number":
        if prediction.tolerance is None or not 0 < prediction.tolerance <= 10:
            yield "a number needs tolerance, a share of the answer: 0.2 is 20 %"
        if answers != 1 or choices:
            yield "a number needs one query as its answer, and no choices"
    elif prediction.tolerance is not None:
        yield f"tolerance is for numbers, not for kind = {prediction.kind!r}"
    elif not 2 <= choices <= 9 or (prediction.kind == "larger" and choices != 2):
        yield "larger needs 2 choices" if prediction.kind == "larger" else "use 2 to 9 choices"
    elif choices != answers:
        yield f"{choices} choices and {answers} queries; the answer has one query for each choice"
