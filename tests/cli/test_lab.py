"""What the lab refuses, before it makes anything."""

import pytest

from kbview.cli.errors import USAGE
from kbview.cli.main import main


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["run", "lab", "--rate", "2M"], "out of the lab's bounds"),
        (["run", "lab", "--size", "huge"], "not a whole number"),
        (["run", "lab", "--datapath", "psio"], "unknown; use kernel"),
        (["run", "lab", "--profile", "xdp18"], "--profile is for the emulator"),
        (["run", "lab", "--set", "ring=64"], "cannot be set here"),
        (["lab", "more"], "takes no SOURCE"),
    ],
)
def test_one_line_and_the_code_of_usage(
    capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    assert main(words) == USAGE
    complained = capsys.readouterr().err
    assert said in complained
    assert complained.count("\n") == 1
