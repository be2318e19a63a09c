"""Teaching: the commands that walk through a lesson, and its frames while the model runs to a step."""

from collections.abc import Callable

from kbview.state.slide import Slide
from kbview.tape.source import SourceError
from kbview.ui.chooser import Chooser, Item
from kbview.ui.desk import Commands, Desk
from kbview.ui.prompt import Prompt
from kbview.ui.session import Opened, Session
from kbview.ui.tutor import Tutor

BUDGET_S = 0.08  # of real time that a frame may run the model
_NONE = "there are no lessons here; `kbview lessons` lists them"
_UNSAID = "no prediction: let the model say"


class Teaching:
    """Moves the tutor, and shows on the desk where it went."""

    def __init__(self, session: Session, desk: Desk) -> None:
        self._session = session
        self._desk = desk
        self._eager = False  # whether the reader wants to go on as soon as the state is there

    @property
    def commands(self) -> Commands:
        """A command for each key of a lesson, by the key's id."""
        return {"lesson": self.forward, "lesson_back": self.backward, "lesson_away": self.away}

    @property
    def busy(self) -> bool:
        """Whether the frames belong to the lesson, which runs the model to a step."""
        tutor = self._tutor
        return tutor is not None and tutor.busy

    @property
    def _tutor(self) -> Tutor | None:
        return self._session.offers.tutor

    def take(self) -> None:
        """Go on with the source that the screen has just begun to show."""
        if self._tutor is not None:
            self._tutor.take(self._session.player)

    def frame(self) -> None:
        """Run the model a little further; at the step's state show its screen."""
        tutor = self._tutor
        if tutor is None or not tutor.advance(BUDGET_S):
            return
        if tutor.view:
            self._desk.show_view(tutor.view)
        self._desk.moved()
        if self._eager:
            self.forward()

    def forward(self) -> None:
        """Begin a lesson, answer its question, or go on."""
        tutor = self._tutor
        if tutor is None:
            self._desk.say(_NONE)
        elif tutor.busy:
            self._eager = True
            self._desk.say("the model runs to this step; then the lesson goes on")
        elif tutor.slide is not None and tutor.slide.asks:
            self._eager = False
            self._ask(tutor.slide)
        else:
            self._move(tutor.begin if tutor.slide is None else tutor.forward)

    def backward(self) -> None:
        """To the step before."""
        if self._tutor is not None:
            self._move(self._tutor.backward)
        else:
            self._desk.say(_NONE)

    def away(self) -> None:
        """Put the lesson away."""
        if self._tutor is not None and self._tutor.slide is not None:
            self._tutor.close()
            self._desk.moved()
            self._desk.say("the lesson is put away: n takes it up again")

    def chosen(self, key: str) -> bool:
        """Whether the key is the digit of a choice that is asked for; it is then the answer."""
        slide = self._session.slide
        if slide is None or not slide.asks or not (key.isascii() and key.isdecimal()):
            return False
        if not 1 <= int(key) <= len(slide.choices):
            return False
        self._typed(key)
        return True

    def _ask(self, slide: Slide) -> None:
        """The box for a choice, the prompt for a number; leaving it leaves the question open."""
        session = self._session
        if slide.choices:
            items = [*map(Item, slide.choices), Item(_UNSAID)]
            title = "Your prediction"
            box = Chooser(title, items, "", session.theme, session.ascii)
            self._desk.ask(box, self._chosen)
            return
        asks = f"prediction [{slide.unit}]" if slide.unit else "prediction"
        hint = "a number such as 1800, 1.8k or 2M; nothing lets the model say"
        self._desk.ask(Prompt(asks, hint, "", session.theme, session.ascii), self._typed)

    def _chosen(self, name: str | None) -> None:
        if name is not None:
            self._typed("" if name == _UNSAID else name)

    def _typed(self, text: str | None) -> None:
        tutor = self._tutor
        if text is not None and tutor is not None:
            answer = text.strip()
            self._move(lambda: tutor.answer(answer))

    def _move(self, move: Callable[[], Opened | None]) -> None:
        self._eager = False
        try:
            opened = move()
        except SourceError as error:
            self._desk.say(str(error))
            return
        if opened is not None:
            self._desk.turn_to(opened)
        else:
            self._desk.moved()
