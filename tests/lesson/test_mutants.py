"""A model with a broken mechanism is found by the claims of a lesson, which name the sentence."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kbview.emulator import engine
from kbview.emulator.bypass.burst_runs import BurstRuns
from kbview.emulator.bypass.mempool import MempoolCache
from kbview.emulator.hardware.core import Core
from kbview.emulator.kernel.call.reader import SocketReader
from kbview.emulator.kernel.device.gro import Gro
from kbview.emulator.kernel.device.napi import Napi
from kbview.emulator.kernel.softirq import Softirq
from kbview.lesson.check import check
from kbview.lesson.reader import read
from kbview.lesson.shelf import find
from kbview.packet.frame import Frame
from tests.lesson.files import RUNNER

LESSON = Path(__file__).parent / "broken.toml"
pytestmark = pytest.mark.skipif(
    not str(engine.__file__).endswith(".py"),
    reason="compiled code calls its methods directly, so a patched method breaks nothing",
)


def interrupt(patch: pytest.MonkeyPatch) -> None:
    """The handler leaves the vector unmasked."""
    handled = Napi.irq_handler

    def unmasked(napi: Napi, core: Core) -> None:
        handled(napi, core)
        napi._queue.unmask(core.now_ps)

    patch.setattr(Napi, "irq_handler", unmasked)


def copy(patch: pytest.MonkeyPatch) -> None:
    """The reader hands the kernel's buffer over and copies nothing."""

    def hand_over(reader: SocketReader, frame: Frame, step: Any) -> None:
        reader.core.spend(step, frame.packet)
        reader._counts.skb_freed(reader.core, frame.packet)

    patch.setattr(SocketReader, "_copy", hand_over)


def budget(patch: pytest.MonkeyPatch) -> None:
    """A poll has no weight, and a run of the softirq no budget."""
    made: Callable[..., None] = Softirq.__init__

    def boundless(softirq: Softirq, *parts: Any) -> None:
        made(softirq, *parts)
        softirq.weight = softirq._budget = softirq._budget_ps = 1 << 60

    patch.setattr(Softirq, "__init__", boundless)


def gro(patch: pytest.MonkeyPatch) -> None:
    """GRO lets every packet pass."""
    patch.setattr(Gro, "wants", lambda gro, frame: False)


def mempool(patch: pytest.MonkeyPatch) -> None:
    """Freed mbufs are lost. Runs of bursts rest on a cache that is as full after a burst as before."""
    patch.setattr(MempoolCache, "put", lambda cache, count: None)
    patch.setattr(BurstRuns, "take", lambda runs, core: False)


Breaks = Callable[[pytest.MonkeyPatch], None]
MUTANTS: list[tuple[Breaks, str, str]] = [  # with its sentence, and a bundled lesson that finds it
    (interrupt, "The handler masks the vector", "livelock"),
    (copy, "The reader's system call copies each payload", "read"),
    (budget, "A softirq run ends when its budget", "softirq"),
    (gro, "GRO merges the datagrams of a train", "softirq"),
    (mempool, "Freed mbufs go back to the pool", "dpdk"),
]
NAMES = [breaks.__name__ for breaks, *_ in MUTANTS]


def test_every_sentence_is_true_of_the_whole_model() -> None:
    assert [each.text for each in check(read(LESSON), str(LESSON.parent), RUNNER)] == []


@pytest.mark.parametrize(("breaks", "sentence"), [mutant[:2] for mutant in MUTANTS], ids=NAMES)
def test_a_broken_mechanism_is_named_by_its_sentence(
    breaks: Breaks, sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    breaks(monkeypatch)
    found = check(read(LESSON), str(LESSON.parent), RUNNER)
    assert any(each.prose.startswith(sentence) for each in found)


@pytest.mark.parametrize(("breaks", "name"), [mutant[::2] for mutant in MUTANTS], ids=NAMES)
def test_a_bundled_lesson_is_not_true_of_a_broken_mechanism(
    breaks: Breaks, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lesson is true of the whole model: test_course.py."""
    breaks(monkeypatch)
    shelved = find(name)
    assert check(shelved.lesson, str(shelved.path.parent), RUNNER) != []
