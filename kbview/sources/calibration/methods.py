"""Every experiment, in the order in which each can use what those before it found."""

from kbview.sources.calibration.calls import SystemCall
from kbview.sources.calibration.copying import Copy
from kbview.sources.calibration.method import Method
from kbview.sources.calibration.receiving import SocketReceive
from kbview.sources.calibration.stack import Stack
from kbview.sources.calibration.switching import ContextSwitch, WakeUp
from kbview.sources.calibration.touching import FirstTouch

METHODS: tuple[Method, ...] = (
    SystemCall(),
    Copy(),
    ContextSwitch(),
    WakeUp(),
    FirstTouch(),
    SocketReceive(),
    Stack(),
)
