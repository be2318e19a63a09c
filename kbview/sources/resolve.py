"""What a SOURCE word means: the list of its kinds, in the order in which they are asked."""

from difflib import get_close_matches
from importlib.resources import files
from io import BufferedReader
from pathlib import Path

from kbview.sources.af_xdp.opener import Bypasses
from kbview.sources.counters.opener import Counters
from kbview.sources.dpdk.opener import Dpdk
from kbview.sources.emulated.capture import Captures
from kbview.sources.emulated.scenario import Scenarios, scenarios
from kbview.sources.interface.opener import Live
from kbview.sources.lab.opener import Labs
from kbview.sources.opener import HEAD, Opener, Word
from kbview.sources.request import Choice
from kbview.sources.tapes.chunk_shelf import Spill
from kbview.sources.tapes.opener import Tapes
from kbview.sources.trace.live.opener import Traces
from kbview.sources.trace.text.opener import TraceTexts
from kbview.tape.source import Source, SourceError
from kbview.tape.tape import Tape

OPENERS: tuple[Opener, ...] = (
    Labs(),
    Bypasses(),
    Scenarios(),
    Tapes(),
    Live(),
    Counters(),
    Dpdk(),
    Traces(),
    TraceTexts(),
    Captures(),
)  # captures are last: they claim the rest


def recording(name: str) -> str | None:
    """The path of a bundled recording, wherever this program was installed from."""
    for folder in (Path(str(files("kbview"))), Path(str(files("kbview"))).parent):
        path = folder / "recordings" / name
        if path.is_file():
            return str(path)
    return None


def datapaths(text: str, word: str) -> list[str]:
    """The datapaths of `a,b` or `all`, of the SOURCE `word`; SourceError on one that there is not."""
    known = _opener(look(word, None)).datapaths()
    if text == "all":
        return list(known)
    names = [name.strip() for name in text.split(",")]
    for name in names:
        if name not in known:
            raise SourceError(f"datapath {name!r} is unknown; use {', '.join(known)} or all", 2)
    return list(dict.fromkeys(names))


def resolve(word: str, choice: Choice, stream: BufferedReader | None = None) -> Source:
    """The source for a word; SourceError with one line when it cannot be had. `-` reads `stream`."""
    return resolve_all(word, [choice], stream)[0]


def resolve_all(text: str, choices: list[Choice], stream: BufferedReader | None) -> list[Source]:
    """The same traffic for several choices; they are to be pumped side by side."""
    word = look(text, stream)
    opener = _opener(word)
    sources = opener.open(word, choices)
    for source, choice in zip(sources, choices, strict=False):
        if choice.kept and source.tape is None:
            source.tape = Tape(shelf=Spill())
    return sources


def _opener(word: Word) -> Opener:
    opener = next(opener for opener in OPENERS if opener.claims(word))
    if opener is OPENERS[-1] and not word.head and word.text.replace("-", "").isalnum():
        _refuse_name(word.text)
    return opener


def _refuse_name(text: str) -> None:
    """A word that names no file and looks like a scenario is one misspelt; SourceError."""
    if Path(text).exists():
        return
    close = get_close_matches(text, scenarios(), n=1)
    hint = f"did you mean {close[0]}?" if close else "see `kbview list`"
    raise SourceError(f"{text}: neither a file nor a scenario; {hint}", 2)


def look(text: str, stream: BufferedReader | None) -> Word:
    """The word with the first bytes of what it names; those of a pipe stay in it."""
    if text == "-" and stream is not None:
        return Word(text, stream.peek(HEAD)[:HEAD], stream)
    try:
        path = Path(text)
        if not path.is_file():  # a named pipe could not be read twice
            return Word(text)
        with path.open("rb") as file:
            return Word(text, file.read(HEAD))
    except (OSError, ValueError):  # its opener will say what is wrong with it
        return Word(text)
