"""The parts of a step that a core takes, told one after the other from the core's clock on."""

from kbview.emulator.cost import Step
from kbview.emulator.hardware.account import ACCOUNTS
from kbview.emulator.recorder import Recorder
from kbview.tape.events import Account, StepTaken


class StepParts:
    """Tells the recorder the steps of one core, by its `number`."""

    def __init__(self, recorder: Recorder, number: int) -> None:
        self._recorder = recorder
        self._number = number

    def tell(
        self, step: Step, packet: int, time_ps: int, account: int, copy_ps: int = -1, wait_ps: int = 0
    ) -> None:
        """Tell each part, booked to the core's `account`, from `time_ps` on.

        The part that copies takes `copy_ps`, unless that is negative: a sum costs time for each byte as
        a copy does and is none. The core stalls for `wait_ps` before each other part.
        """
        recorder, number = self._recorder, self._number
        for part in step.parts:
            duration_ps, booked = wait_ps + part.cost_ps, ACCOUNTS[account]
            if part.copying and copy_ps >= 0:
                duration_ps, booked = copy_ps, Account.COPY
            recorder.emit(StepTaken(time_ps, number, packet, part.name, duration_ps, booked))
            time_ps += duration_ps
            if packet in recorder.open:
                recorder.end(part.name, packet, time_ps)
