"""Steps, each declared once: function, sentence and stations. A profile adds the price of each.

A datapath with a new step adds one entry to one of the tables. Everything else finds the step there:
the stations of a path (placing.py), the sentence on a screen, the page docs/steps.md.
"""

from kbview.tape.event import Event, Meaning
from kbview.tape.events import StepTaken
from kbview.tape.steps.declaration import RESUMED, Declaration, without_break
from kbview.tape.steps.placing import resolve
from kbview.tape.steps.table import STEPS

UNKNOWN = Meaning("", "this version of kbview has no sentence for it")

__all__ = ["RESUMED", "STEPS", "UNKNOWN", "Declaration", "meaning_of", "resolve", "without_break"]


def meaning_of(event: Event) -> Meaning:
    """Function and sentence of an event, or of the step that it tells of."""
    if not isinstance(event, StepTaken):
        return event.meaning
    step = STEPS.get(without_break(event.step))
    return step.meaning if step else UNKNOWN
