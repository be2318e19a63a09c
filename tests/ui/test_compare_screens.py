"""The Compare of every scenario and capture: whole numbers, known words, sentences that fit them."""

import re
from collections.abc import Callable, Iterator
from itertools import takewhile

import pytest

from kbview.sources.emulated.scenario import scenarios
from kbview.sources.request import Choice
from kbview.sources.resolve import recording, resolve
from kbview.state.player import Player
from kbview.tape.handover import FRAMES, NOTICE, TAP_NOTICE, TAPS
from kbview.tape.source import Source
from kbview.ui.row import Size, text_of
from kbview.ui.screens.compare_view import CompareView
from kbview.ui.session import Offers, Session
from kbview.ui.theme import Theme
from tests.cli.claims import BUSY, LESSER, PRICE
from tests.cli.sheets import NEITHER, OF_IP, TOO
from tests.ui.everything import GAP_PS, words_of
from tests.ui.screens import OPENED, rows_of
from tests.ui.test_every_screen import CLASS_NAME, CUT_NUMBER, STEP_NAME

PICTURES = ["http.pcap", "bulk.pcap", "udp-bursts.pcap", "mixed.pcap"]
SIZES = [Size(60, 11), Size(80, 19), Size(100, 26), Size(160, 46)]  # without title and foot
TALL = Size(160, 60)  # all sentences fit
UNITS = {"ns": 1, "µs": 1e3, "ms": 1e6, "s": 1e9, "k": 1e3, "M": 1e6, "G": 1e9}
COUNTS = {
    "crosses the wall between user and kernel": "mode switches",
    "copies the payload": "copies",
    "allocates an sk_buff": "sk_buffs",
    "is interrupted": "interrupts",
    "changes the task": "context switches",
}
Table = dict[str, dict[str, str]]  # by line, by datapath


def cases() -> Iterator[str]:
    yield from scenarios()
    yield from PICTURES


def opened(word: str) -> tuple[Session, CompareView]:
    """A Compare in a pause after some play, whose twins have caught up."""

    def twin(datapath: str) -> Source:
        choice = Choice(datapath=datapath, longest_gap_ps=GAP_PS if word in PICTURES else None)
        source = resolve(recording(word) or word, choice)
        OPENED.append(source)
        return source

    player = Player(twin(scenarios()[word].datapath if word in scenarios() else "kernel"))
    for _ in range(15):
        player.tick(0.1)
    player.playing = False
    session = Session(player, Theme.DARK, offers=Offers(twin))
    view = CompareView(session)
    view.lay_out(TALL)
    comparison = view._comparison
    assert comparison is not None
    for _ in range(200):
        comparison.advance(player.state.now_ps)
        if comparison.now_ps >= player.state.now_ps:
            break
    return session, view


def number(text: str) -> float:
    """A number with its unit, as a cell shows it: 2.1 µs in ns, 1.3k, 1,234."""
    found = re.fullmatch(r"<?([\d.,]+) ?(ns|µs|ms|s|k|M|G)?", text)
    assert found is not None, text
    return float(found[1].replace(",", "")) * UNITS.get(found[2] or "", 1)


def table_of(lines: list[str], names: list[str]) -> Table:
    """The cells of the table, which stand below the names of the datapaths."""
    at = next(at for at, line in enumerate(lines) if line.split()[-len(names) :] == names)
    table: Table = {}
    for line in lines[at + 1 :]:
        label, cells = line[1:18].strip(), re.split(r"\s{2,}", line[18:].strip())
        if not label:
            break
        told = [cell for cell in cells if not re.match(r"×|1/|none$|new$", cell)]
        told = [re.sub(r" (×|1/|none|new).*", "", cell) for cell in told]
        table[label] = dict(zip(names, told, strict=True))
    return table


def step(text: str) -> float:
    """The worth of half a unit in the last digit that is shown."""
    found = re.fullmatch(r"<?([\d.,]+) ?(\D*)", text)
    assert found is not None, text
    digits, unit = found.groups()
    return 0.5 * 10.0 ** -len(digits.partition(".")[2]) * UNITS.get(unit, 1)


def near(told: str, cell: str, scale: float = 1.0) -> None:
    """Sentence and cell are one number, each rounded to its own digits."""
    given = number(told) * scale
    if cell.startswith("<"):
        assert given <= number(cell)
    else:
        assert abs(given - number(cell)) <= (step(cell) + step(told) * scale) * 1.001


def costs(table: Table, found: re.Match[str]) -> None:
    more, more_ns, less, less_ns = found.groups()
    near(more_ns, table["CPU a packet"][more])
    near(less_ns, table["CPU a packet"][less])


def counts(table: Table, found: re.Match[str]) -> None:
    greater, verb, told, fewer, rest = found.groups()
    cells = table[COUNTS[verb]]
    near(told, cells[greater])
    if rest.endswith(" times"):
        near(rest.removesuffix(" times"), cells[fewer])
    else:
        assert number(cells[fewer]) <= 0.01


def latencies(table: Table, found: re.Match[str]) -> None:
    for us, name in re.findall(r"([\d.,]+) us through (\S+?)[ ,.]", found[0] + " "):
        near(us, table["latency p50"][name], 1e3)


def delivered(table: Table, found: re.Match[str]) -> None:
    for cell in table["delivered"].values():
        near(found[1], cell)
    assert set(table["lost"].values()) == {"0"}


def losses(table: Table, found: re.Match[str]) -> None:
    asked = re.findall(r"(\S+) drops \S+ of \S+ packets on purpose and loses (none|[\d,]+)", found[0])
    for name, told in [*re.findall(r"(\S+) loses (none|[\d,]+) of", found[0]), *asked]:
        assert table["lost"][name] == "0" if told == "none" else True
        if told != "none":
            near(told, table["lost"][name])


def delivers(table: Table, found: re.Match[str]) -> None:
    for name, told in re.findall(r"(\S+) delivers (?:all )?([\d,]+)", found[0]):
        near(told, table["delivered"][name])


def gives(table: Table, found: re.Match[str]) -> None:
    for name, told in re.findall(r"(\S+) gives the application ([\d,]+) of them", found[0]):
        near(told, table["to application"][name])


def unlike(table: Table, found: re.Match[str]) -> None:
    assert found[1] in LESSER & table["delivered"].keys()
    assert found[2] in table["delivered"].keys() - FRAMES


def tapped(table: Table, found: re.Match[str]) -> None:
    assert found[1] in TAPS & table["delivered"].keys()


def polling(table: Table, found: re.Match[str]) -> None:
    """A core that polls without end is busy whether it has work or not."""
    busy, work = table["cores busy"][found[1]], table["cores at work"][found[1]]
    assert number(work) < number(busy)
    latency = table["latency p50"]
    (beside,) = latency.keys() - {found[1]}
    gains = "-" not in latency.values() and number(latency[found[1]]) <= number(latency[beside])
    assert found[2] == (PRICE if gains else BUSY)


def sending(table: Table, found: re.Match[str]) -> None:
    """Nothing is received."""
    assert set(table["delivered"].values()) == {"0"}
    assert {found[1], found[2]} == table["delivered"].keys()


PER = r"for each [a-z ]+?"
LESS = r"(?:, for less work)?"
CLAIMS: tuple[tuple[str, Callable[[Table, re.Match[str]], None]], ...] = (
    (rf"(\S+) spends ([\d,]+) ns of CPU time {PER}{LESS}, (\S+) ([\d,]+){LESS}: ", costs),
    (
        (
            rf"(\S+) ({'|'.join(COUNTS)}) ([\d.,]+) times {PER}, "
            r"(\S+) (never|less than once in a hundred|[\d.,]+ times)\."
        ),
        counts,
    ),
    (r"Half of the packets .*", latencies),
    (r"Both deliver all ([\d,]+) packets\.", delivered),
    (r".* loses .*", losses),
    (r".* delivers .* packets(; none is lost)?\.", delivers),
    (r".* gives the application .*", gives),
    (rf"(\S+): {NOTICE}\. (\S+) (?:{TOO}|{OF_IP}|{NEITHER})\.", unlike),
    (rf"(\S+): {TAP_NOTICE}\.", tapped),
    (rf"(\S+) finds packets in [\d.]+ % of its polling time: ({PRICE}|{BUSY})\.", polling),
    (r"(\S+) sends [\d,]+ frames a second, (\S+) [\d,]+: .* as many\.", sending),
)


VERBS = "spends|drops|is|crosses|copies|allocates|changes|finds|gives|loses|delivers|sends"
BEGINS = re.compile(rf"(?<=\.) (?=\S+ (?:{VERBS}) |Half|Both|The same)")


def sentences(lines: list[str]) -> list[str]:
    """The sentences below the last line of the table, up to the next empty line."""
    end = max(at for at, line in enumerate(lines) if line.startswith(" sk_buffs"))
    told = takewhile(str.strip, lines[end + 2 :])
    return [sentence for sentence in BEGINS.split(" ".join(map(str.strip, told))) if sentence]


@pytest.mark.parametrize("word", list(cases()))
def test_no_number_is_cut_and_no_sentence_contradicts_the_table(word: str) -> None:
    session, view = opened(word)
    comparison, words = view._comparison, words_of(session)
    assert comparison is not None
    names = list(comparison.states)
    unknown: set[str] = set()
    for size in [*SIZES, TALL]:
        lines = [text_of(row) for row in rows_of(view, size)]
        for line in lines:
            assert not CUT_NUMBER.search(line), f"{size}: {line}"
            assert not CLASS_NAME.search(line), f"{size}: {line}"
        unknown |= {
            name for line in lines for name in STEP_NAME.findall(line) if not words.search(name)
        }
    assert not unknown
    table = table_of(lines, names)
    for sentence in (told := sentences(lines)):
        matches = ((check, re.match(form, sentence)) for form, check in CLAIMS)
        check, found = next(match for match in matches if match[1])
        assert found is not None
        check(table, found)
    assert told or len(names) == 1 or not session.player.state.meters.delivered
    comparison.close()


def test_the_words_are_reached_by_the_arrows_at_80_columns() -> None:
    _, view = opened("paced-udp")
    seen: set[str] = set()
    size = Size(80, 19)
    assert "rows more: the differences in words" in "\n".join(map(text_of, rows_of(view, size)))
    for _ in range(40):
        seen |= {text_of(row).strip() for row in rows_of(view, size)}
        view._scrolled += 1
    text = "\n".join(seen)
    assert "crosses the wall between user and kernel" in text
    assert "finds packets in" in text, "the last sentence, that bypass is not worth it"
    assert "rows more" not in text_of(list(rows_of(view, size))[-1])
