"""A step of a program in user mode, which interrupts cut into pieces."""

from kbview.emulator.cost import Step
from kbview.emulator.engine import Process
from kbview.emulator.hardware.account import ACCOUNTS
from kbview.emulator.hardware.core import Core
from kbview.emulator.recorder import Recorder
from kbview.tape.events import StepTaken
from kbview.tape.steps import RESUMED


def user_work(core: Core, step: Step, recorder: Recorder, packet: int) -> Process:
    """Take a step of one part in user mode; each interrupt during the step cuts it into pieces."""
    step.count += 1
    delay_ps, name = core.delay_ps(step), step.name
    step.extra_ps += delay_ps
    left_ps = step.cost_ps + delay_ps
    while True:
        piece_ps = min(left_ps, max(0, core.irq_due_ps - core.now_ps))
        if recorder.steps and piece_ps:
            account = ACCOUNTS[core.account]
            recorder.emit(StepTaken(core.now_ps, core.number, packet, name, piece_ps, account))
            name = step.name + RESUMED
        core.booked[core.account] += piece_ps
        core.now_ps += piece_ps
        left_ps -= piece_ps
        if core.irq_due_ps <= core.now_ps or core.now_ps > core.horizon_ps:
            yield
        if not left_ps:
            return
