"""The kinds of SOURCE words, in the order in which the program asks them.

The list is loaded with each command, so an opener imports its machinery where it opens something.
"""

from difflib import get_close_matches
from importlib.resources import files
from io import BufferedReader
from pathlib import Path
from typing import TYPE_CHECKING

from kbview.sources.af_xdp.opener import AfXdpOpener
from kbview.sources.counters.opener import CountersOpener
from kbview.sources.counting.opener import TraceOpener
from kbview.sources.dpdk.opener import DpdkOpener
from kbview.sources.emulated.opener import CaptureOpener, ScenarioOpener, bundled
from kbview.sources.interface.opener import InterfaceOpener
from kbview.sources.lab.opener import LabOpener
from kbview.sources.nearest import meant
from kbview.sources.opener import HEAD, Opener, Word
from kbview.sources.request import Choice
from kbview.sources.tapes.opener import TapeOpener
from kbview.sources.trace.text.opener import TraceTextOpener
from kbview.tape.source import Source, SourceError

if TYPE_CHECKING:
    from kbview.emulator.scenario import Scenario
    from kbview.tape.tape import Tape

OPENERS: tuple[Opener, ...] = (
    LabOpener(),
    AfXdpOpener(),
    DpdkOpener(),
    CountersOpener(),
    TraceOpener(),
    InterfaceOpener(),
    ScenarioOpener(),
    TapeOpener(),
    TraceTextOpener(),
    CaptureOpener(),  # last, for it claims every word
)


_NO_FILTER = (
    "{}: --filter is for captures, live:IFACE, trace:IFACE and counters; "
    "`/` filters the list of packets, and `kbview export --filter` a tape"
)
_CAPTIONS = {
    "http.pcap": "60 short HTTP connections, at most six open at once",
    "bulk.pcap": "one upload of 2.5 MB over TCP, full frames back to back",
    "udp-bursts.pcap": "32 bursts of 8 to 256 datagrams, and a steady flow",
    "mixed.pcap": "ARP, DNS, HTTP, pings, fragments, closed ports: each by another way",
    "lab.kbt": "real packets through four real receivers, recorded in the lab",
}


def recordings() -> dict[str, str]:
    """The bundled recordings: names that any command takes as a SOURCE, with their captions."""
    return {name: caption for name, caption in _CAPTIONS.items() if recording(name)}


def recording(name: str) -> str | None:
    """The path of a bundled recording, wherever this program was installed from."""
    for folder in (Path(str(files("kbview"))), Path(str(files("kbview"))).parent):
        path = folder / "recordings" / name
        if path.is_file():
            return str(path)
    return None


def _located(word: str) -> str:
    """The word; the path of a bundled recording if only that has this name."""
    if word in _CAPTIONS and not Path(word).exists():
        return recording(word) or word
    return word


def datapaths(text: str, word: str) -> list[str]:
    """The datapaths of `a,b` or `all`, of the SOURCE `word`; SourceError if a name is unknown."""
    known = _opener(look(_located(word), None)).datapaths()
    if text == "all":
        return list(known)
    names = [name.strip() for name in text.split(",")]
    for name in names:
        if name not in known:
            hint = meant(name, (*known, "all"))
            raise SourceError(f"datapath {name!r} is unknown; {hint}use {', '.join(known)} or all", 2)
    return list(dict.fromkeys(names))


def resolve(word: str, choice: Choice, stream: BufferedReader | None = None) -> Source:
    """The source for a word; SourceError with one line if it cannot be opened. `-` reads `stream`."""
    return resolve_all(word, [choice], stream)[0]


def resolve_all(text: str, choices: list[Choice], stream: BufferedReader | None) -> list[Source]:
    """The same traffic for several choices; they are to be pumped side by side.

    A FIFO is read from `stream`, for its writer may be late. Errors: SourceError, also for a FIFO
    without a `stream`.
    """
    text = _located(text)
    if stream is None and text != "-" and is_pipe(text):
        raise SourceError(f"{text}: a pipe cannot be read here; name a file", 2)
    word = look(text, stream)
    opener = _opener(word)
    if not opener.takes_filter and any(choice.filter for choice in choices):
        raise SourceError(_NO_FILTER.format(opener.name), 2)
    sources = opener.open(word, choices)
    for source, choice in zip(sources, choices, strict=False):
        if choice.kept and source.tape is None:
            source.tape = _kept_tape()
    return sources


def scenario(text: str) -> "Scenario":
    """The scenario that the word names; SourceError if it names another kind of source, or nothing."""
    from kbview.sources.emulated.scenario import read_scenario

    word = look(_located(text), None)
    opener = _opener(word)
    if not isinstance(opener, ScenarioOpener):
        raise SourceError(f"{text}: {opener.name}: no keys to vary; name a scenario", 2)
    return read_scenario(word)


def _kept_tape() -> "Tape":
    """A tape with its old chunks on disk, within reach."""
    from kbview.sources.tapes.chunk_shelf import ChunkShelf
    from kbview.tape.tape import Tape

    return Tape(shelf=ChunkShelf())


def help_text() -> str:
    """The kinds of SOURCE as the help shows them, each by its example."""
    return "; ".join([*(opener.example for opener in reversed(OPENERS)), "- for a pipe"])


def _opener(word: Word) -> Opener:
    opener = next(opener for opener in OPENERS if opener.claims(word))
    if opener is OPENERS[-1] and not word.head and not _exists(word.text):
        _refuse_name(word.text)
    return opener


def _exists(text: str) -> bool:
    try:
        return text == "-" or Path(text).exists() or Path(text).is_symlink()
    except (
        OSError,
        RuntimeError,
    ):  # no file can have the name, or a circle of links: the opener says so
        return True


def _refuse_name(text: str) -> None:
    """Refuse a word that names no file and is close to a bundled name, or can be no path."""
    close = get_close_matches(text, [*bundled(), *_CAPTIONS], n=1, cutoff=0.75)
    if close:
        raise SourceError(f"{text}: neither a file nor a scenario; did you mean {close[0]}?", 2)
    if text.replace("-", "").isalnum():
        raise SourceError(f"{text}: neither a file nor a scenario; see `kbview list`", 2)


def is_tape(text: str) -> bool:
    """Whether the word names a tape in a file."""
    return isinstance(_opener(look(_located(text), None)), TapeOpener)


def is_pipe(text: str) -> bool:
    """Whether the word names a pipe, which is read only once: `-`, a FIFO, a shell's `<(...)`."""
    try:
        return text == "-" or Path(text).is_fifo()
    except (OSError, ValueError):  # a name that no file can have
        return False


def open_fifo(text: str) -> BufferedReader | None:
    """The FIFO of that name, opened; None if the word names none. Opening waits for a writer."""
    if text == "-" or not is_pipe(text):
        return None
    try:
        return Path(text).open("rb")
    except OSError as error:
        raise SourceError(f"{text}: cannot be read: {error.strerror}", 3) from error


def look(text: str, stream: BufferedReader | None) -> Word:
    """The word with the first bytes of its file. A pipe is only peeked at: its bytes stay in it."""
    if stream is not None:
        return Word(text, stream.peek(HEAD)[:HEAD], stream)
    try:
        path = Path(text)
        if not path.is_file():  # a pipe could not be read twice
            return Word(text)
        with path.open("rb") as file:
            return Word(text, file.read(HEAD))
    except (OSError, ValueError):  # its opener will say what is wrong with it
        return Word(text)
