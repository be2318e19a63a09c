"""A process at its own work, in user mode: interrupts break in where they come, not where it ends."""

from kbview.emulator.cost import Step
from kbview.emulator.engine import Process
from kbview.emulator.hardware.core import ACCOUNTS, Core
from kbview.emulator.recorder import Recorder
from kbview.tape.events import StepTaken
from kbview.tape.meaning.traced import RESUMED


def user_work(core: Core, step: Step, recorder: Recorder, packet: int) -> Process:
    """Take a step of one part, in as many pieces as interrupts make of it."""
    step.count += 1
    left_ps, name = step.cost_ps, step.name
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
