"""What the steps and events of the vocabulary mean: the function that is at work, and why it is.

A step is named in StepTaken; an event has its class. Machines differ in what a step costs, not in what
it is, so this needs no tape. A datapath that takes a new step adds its line to one of the tables.
"""

from kbview.tape.event import Event
from kbview.tape.events import StepTaken
from kbview.tape.meaning.bypass import BYPASS
from kbview.tape.meaning.connection import CONNECTION
from kbview.tape.meaning.happening import HAPPENINGS
from kbview.tape.meaning.interrupt import INTERRUPT
from kbview.tape.meaning.meaning import Meaning
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

__all__ = ["HAPPENINGS", "STEPS", "UNKNOWN", "Meaning", "meaning_of"]


def meaning_of(event: Event) -> Meaning:
    """What an event, or the step that it tells of, means."""
    if isinstance(event, StepTaken):
        return STEPS.get(without_break(event.step), UNKNOWN)
    return HAPPENINGS.get(type(event), UNKNOWN)
