"""The meanings of steps: for each step the function at work and a plain sentence.

StepTaken names a step. Machines differ in the cost of a step, not in its meaning.
A datapath with a new step adds its line to one of the tables.
"""

from kbview.tape.event import Event, Meaning
from kbview.tape.events import StepTaken
from kbview.tape.meaning.bypass import BYPASS
from kbview.tape.meaning.connection import CONNECTION
from kbview.tape.meaning.interrupt import INTERRUPT
from kbview.tape.meaning.shared_ring import SHARED_RING
from kbview.tape.meaning.socket import SOCKET
from kbview.tape.meaning.stack import STACK
from kbview.tape.meaning.traced import TRACED, without_break
from kbview.tape.meaning.transmit import TRANSMIT
from kbview.tape.meaning.user_tcp import USER_TCP

STEPS: dict[str, Meaning] = {
    **INTERRUPT,
    **STACK,
    **SOCKET,
    **CONNECTION,
    **TRANSMIT,
    **BYPASS,
    **SHARED_RING,
    **USER_TCP,
    **TRACED,
}
UNKNOWN = Meaning("", "this version of kbview has no sentence for it")

__all__ = ["STEPS", "UNKNOWN", "Meaning", "meaning_of"]


def meaning_of(event: Event) -> Meaning:
    """What an event, or the step that it tells of, means."""
    if isinstance(event, StepTaken):
        return STEPS.get(without_break(event.step), UNKNOWN)
    return event.meaning
