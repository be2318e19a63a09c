"""The essay on time at the head of kbview/emulator/hardware: its program runs, its names exist."""

import doctest
import re

from kbview.emulator import hardware
from kbview.emulator.hardware.core import Core


def test_the_smallest_program_on_a_core_does_as_the_essay_says() -> None:
    ran = doctest.testmod(hardware)
    assert ran.attempted > 10
    assert ran.failed == 0


def test_every_method_that_the_essay_explains_is_one_of_a_core() -> None:
    named = re.findall(r"^    - ([a-z_]+)   +[a-z]", hardware.__doc__ or "", re.M)
    methods = [name for name in named if not name.endswith("_ps") and name != "limit"]
    assert len(methods) == 6
    assert all(callable(getattr(Core, name)) for name in methods)
