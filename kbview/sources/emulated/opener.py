"""The SOURCE words of the emulator: a scenario, or a capture as its traffic."""

from functools import cache
from importlib.resources import files

from kbview.sources.opener import Opener, Word
from kbview.sources.request import Choice
from kbview.tape.source import Source

_SUFFIX = ".toml"


@cache
def bundled() -> frozenset[str]:
    """The names of the bundled scenarios. A scenario's file is called as the scenario."""
    names = (entry.name for entry in (files("kbview") / "scenarios").iterdir())
    return frozenset(name.removesuffix(_SUFFIX) for name in names if name.endswith(_SUFFIX))


class ScenarioOpener(Opener):
    """A bundled scenario's name, or the path of a `.toml`."""

    name = "scenario"
    summary = "an emulated machine and traffic, described in TOML"
    example = "a scenario's name, FILE.toml"

    def claims(self, word: Word) -> bool:
        return word.text.endswith(_SUFFIX) or word.text in bundled()

    def open(self, word: Word, choices: list[Choice]) -> list[Source]:
        from kbview.sources.emulated.scenario import open_scenario

        return open_scenario(word, choices)


class CaptureOpener(Opener):
    """Any word that no other opener claims; `open` refuses a file that is no capture."""

    name = "capture"
    summary = "recorded packets through the emulator"
    example = "FILE.pcap, FILE.pcapng, FILE.pcap.gz"
    takes_filter = True

    def claims(self, word: Word) -> bool:
        del word
        return True

    def open(self, word: Word, choices: list[Choice]) -> list[Source]:
        from kbview.sources.emulated.capture import open_capture_for

        return open_capture_for(word, choices)
