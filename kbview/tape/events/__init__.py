"""The vocabulary of events: each class of the modules in this folder, in the order of its definition.

Milestones are the same for every datapath; the events between them are the datapath's own. A new class
needs no entry anywhere else; a new module needs its line here.
"""

from kbview.tape.detail import Detail
from kbview.tape.event import NO_CPU as NO_CPU
from kbview.tape.event import NO_LATENCY as NO_LATENCY
from kbview.tape.event import NO_PACKET as NO_PACKET
from kbview.tape.event import Account as Account
from kbview.tape.event import Event as Event
from kbview.tape.event import Mode as Mode
from kbview.tape.events.bypass import *
from kbview.tape.events.interrupt import *
from kbview.tape.events.marker import *
from kbview.tape.events.milestone import *
from kbview.tape.events.ring import *
from kbview.tape.events.socket import *
from kbview.tape.events.task import *
from kbview.tape.events.work import *

EVENTS: tuple[type[Event], ...] = tuple(
    kind for kind in Event.__subclasses__() if kind.__module__.startswith(f"{__name__}.")
)
MARKERS = tuple(kind for kind in EVENTS if kind.level is Detail.METERS)
MILESTONES = tuple(kind for kind in EVENTS if kind.level is Detail.MILESTONES)
STEPS = tuple(kind for kind in EVENTS if kind.level is Detail.STEPS)
