"""The tutor: a walk through a lesson on a running player, a call for each move.

A move says which run and which targets its step needs. If the player shows that run as the lesson
left it, the player goes on from there; otherwise the run begins anew. Whole runs are measured beside
it, in a thread of their own, so the screen stays usable.
"""

from collections.abc import Callable, Sequence

from kbview.experiment.run import Runner
from kbview.lesson import bookmark
from kbview.lesson.approach import Approach
from kbview.lesson.blackboard import Blackboard
from kbview.lesson.fault import LessonError
from kbview.lesson.itinerary import Itinerary, itinerary
from kbview.lesson.lesson import Lesson, Setup
from kbview.lesson.shelf import TOUR, find, lessons
from kbview.lesson.target import PACES
from kbview.lesson.verdict import understood
from kbview.state.player import Player
from kbview.state.slide import LessonPlace, Slide
from kbview.tape.source import SourceError
from kbview.ui.session import Opened, ShelfItem
from kbview.ui.tutor import Tutor

Open = Callable[[Setup, str], Opened]  # a run, and the folder of the lesson
PREFIX = "lesson "  # of the word under which a lesson stands among other things to open


class LessonTutor(Tutor):
    """`open_source` opens the source of a run; `runner` measures whole runs; `tongue` is the language.

    `seed` is that of the whole runs, None for the seeds of their scenarios.
    """

    def __init__(
        self, open_source: Open, runner: Runner, tongue: str = "", seed: int | None = None
    ) -> None:
        self._open = open_source
        self._runner = runner
        self._tongue = tongue
        self._seed = seed
        self._lesson: Lesson | None = None
        self._folder = ""
        self._place = LessonPlace("")
        self._board: Blackboard | None = None
        self._player: Player | None = None
        self._wanted: Setup | None = None  # of the source that the screen is to show next
        self._setup: Setup | None = None  # of the player's run
        self._marks: list[tuple[str, int, int]] = []  # targets with position and time of their end
        self._approach: Approach | None = None
        self._over = False  # whether the reader has heard that this was the last step

    # ---- the screen reads --------------------------------------------------------------------

    @property
    def slide(self) -> Slide | None:
        return None if self._board is None else self._board.slide

    @property
    def busy(self) -> bool:
        return self._board is not None and self._board.slide.running and self._player is not None

    @property
    def view(self) -> str:
        if self._lesson is None or not self._brought:
            return ""
        return self._lesson.steps[self._place.step].bring.view or ""

    def shelf(self) -> Sequence[ShelfItem]:
        shelved, _ = lessons(self._tongue)
        return [
            ShelfItem(f"{PREFIX}{one.id}", f"{one.minutes} min", one.title)
            for one in (each.lesson for each in shelved)
        ]

    # ---- moves -------------------------------------------------------------------------------

    def start(self, name: str) -> Opened:
        try:
            shelved = find(name.removeprefix(PREFIX), self._tongue)
        except LessonError as error:
            raise SourceError(str(error), 2) from None
        self._lesson, self._folder = shelved.lesson, str(shelved.path.parent)
        self._setup = None
        step = bookmark.bookmarks().steps.get(shelved.lesson.id, 0)
        last = len(shelved.lesson.steps) - 1
        opened = self.go(LessonPlace(shelved.lesson.id, max(0, min(step, last))))
        if opened is None:  # pragma: no cover - a new lesson always needs its source
            raise SourceError(f"{name}: nothing to open", 2)
        return opened

    def begin(self) -> Opened | None:
        if self._lesson is not None:
            return self.go(self._place)
        name = bookmark.bookmarks().last or TOUR
        try:
            return self.start(name)
        except SourceError:
            return self.start(TOUR)

    def forward(self) -> Opened | None:
        lesson, place = self._lesson, self._place
        if lesson is None or self._board is None:
            return self.begin()
        if lesson.steps[place.step].prediction is not None and place.answer is None:
            return self.answer("")
        if place.step + 1 >= len(lesson.steps):
            return self._after(lesson)
        return self.go(LessonPlace(lesson.id, place.step + 1))

    def _after(self, lesson: Lesson) -> Opened:
        """The lesson that follows in the course. The first call at the end only names it."""
        order = [each.lesson.id for each in lessons(self._tongue)[0]]
        at = order.index(lesson.id) + 1 if lesson.id in order else 0
        following = order[at] if 0 < at < len(order) else ""
        if following and self._over:
            return self.start(following)
        bookmark.drop(lesson.id)
        self._over = True
        then = f"n again begins {following}" if following else "o opens another"
        raise SourceError(f"This was the last step of {lesson.title}: {then}, b goes back.")

    def backward(self) -> Opened | None:
        if self._lesson is None or self._board is None:
            raise SourceError("no lesson is open: n begins one, o lists them")
        if not self._place.step:
            raise SourceError("this is the first step")
        return self.go(LessonPlace(self._lesson.id, self._place.step - 1))

    def answer(self, text: str) -> Opened | None:
        lesson, place = self._lesson, self._place
        prediction = lesson.steps[place.step].prediction if lesson else None
        if lesson is None or prediction is None or place.answer is not None:
            raise SourceError("nothing is asked here")
        try:
            if text:
                understood(prediction, text)
        except LessonError as error:
            raise SourceError(str(error)) from None
        return self.go(LessonPlace(lesson.id, place.step, text))

    def go(self, place: LessonPlace) -> Opened | None:
        if self._lesson is None or self._lesson.id != place.lesson:
            raise SourceError(f"the lesson {place.lesson[:40]} is not open")
        self._place, self._over = place, False
        if self._board is None or not self._board.of(self._lesson):
            self._board = Blackboard(self._lesson, self._folder, self._runner, self._seed)
        self._board.write(place)
        bookmark.keep(place.lesson, place.step)
        wanted = self._itinerary()
        if self._player is None or wanted.setup != self._setup or self._player.altered:
            return self._anew(wanted)
        self._continue(wanted)
        return None

    def close(self) -> None:
        self._board, self._approach = None, None

    # ---- bringing the state about ------------------------------------------------------------

    def take(self, player: Player) -> None:
        self._player, self._marks = player, []
        self._setup, self._wanted, self._approach = self._wanted, None, None
        if self._board is None:
            return
        if self._setup is not None:
            self._continue(self._itinerary())
        elif self._board.slide.running:  # the viewer opened another source before the state was there
            self.close()

    def advance(self, budget_s: float) -> bool:
        approach, player, board = self._approach, self._player, self._board
        if approach is None or player is None or board is None:
            return True
        if not approach.done:
            approach.advance(budget_s)
            self._marks += approach.taken()
            return False
        if not board.settle(player, approach.fault):
            return False
        self._show(player)
        return True

    @property
    def _brought(self) -> bool:
        """Whether the state of the step itself is wanted, not the state before its question."""
        step = self._lesson.steps[self._place.step] if self._lesson else None
        return step is not None and (step.prediction is None or self._place.answer is not None)

    def _itinerary(self) -> Itinerary:
        if self._lesson is None:
            raise SourceError("no lesson is open")
        return itinerary(self._lesson, self._place.step, brought=self._brought)

    def _anew(self, wanted: Itinerary) -> Opened:
        try:
            opened = self._open(wanted.setup, self._folder)
        except (LessonError, SourceError) as error:
            if self._board is not None:
                self._board.fail(str(error))
            raise SourceError(str(error), 2) from None
        self._wanted, self._player, self._approach = wanted.setup, None, None
        return opened

    def _continue(self, wanted: Itinerary) -> None:
        """Go back to the last target that the way shares with the run so far, and on from there."""
        if self._player is None:
            return
        known = 0
        while known < min(len(self._marks), len(wanted.targets)):
            if self._marks[known][0] != wanted.targets[known]:
                break
            known += 1
        self._marks = self._marks[:known]
        position, now_ps = self._marks[-1][1:] if known else (0, 0)
        self._player.stop()
        self._player.go(position, now_ps)
        self._approach = Approach(self._player, wanted.targets[known:])

    def _show(self, player: Player) -> None:
        """Pace and play as the step asks."""
        bring = self._lesson.steps[self._place.step].bring if self._lesson else None
        if bring is None or not self._brought:
            return
        if bring.pace is not None:
            player.change_speed(PACES[bring.pace] - player.speed.rung)
        player.playing = bring.play and not player.ended
