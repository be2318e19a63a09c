"""Kernel traces as people record and keep them: each kind gives the same story, or says why not.

Each input is made of the recorded samples by the change that a tool, an option or a kernel would make.
"""

import bz2
import gzip
import lzma
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from kbview.sources.request import Choice
from kbview.sources.resolve import resolve
from kbview.state.state import State
from kbview.tape import events as ev
from kbview.tape.meter import Meters
from kbview.tape.source import SourceError
from kbview.tape.tape import Tape

FOLDER = Path(__file__).parent
PIPE = (FOLDER / "trace_pipe.txt").read_text(encoding="utf-8")
REPORT = (FOLDER / "trace-cmd-report.txt").read_text(encoding="utf-8")
PERF = (FOLDER / "perf-script.txt").read_text(encoding="utf-8")
STAMP = re.compile(r"(\d+)\.(\d{6}):", re.MULTILINE)
FLAGS = re.compile(r"^(.{16,24}\[\d{3}\] )(\S{5})(?= )", re.MULTILINE)
FIRST_US = min(int(a + b) for a, b in STAMP.findall(PIPE))
Change = Callable[[str], str]


def stamped(made: Callable[[int], str]) -> Change:
    """Each stamp, given in us, printed in another way."""
    return lambda text: STAMP.sub(lambda found: made(int(found[1] + found[2])), text)


def flagged(made: Callable[[str], str]) -> Change:
    """Each column of flags printed in another way."""
    return lambda text: FLAGS.sub(lambda found: found[1] + made(found[2]), text)


def each_line(made: Callable[[str], str]) -> Change:
    return lambda text: "\n".join(made(line) for line in text.splitlines()) + "\n"


def before(text: str) -> Change:
    return lambda rest: text + rest


def latency(text: str) -> str:
    """As `trace_options latency-format` prints: cores without brackets, us since the beginning."""
    text = re.sub(r"^(\s*\S+-\d+)\s+\[0*(\d+)\] (\S+)", r"\1 \2\3", text, flags=re.MULTILINE)
    return stamped(lambda us: f"{us - FIRST_US:4}us{'+' if us % 2 else ' '}:")(text)


def read(path: Path, **more: str) -> tuple[Meters, State]:
    source = resolve(str(path), Choice(overrides=(("device", device(path)), *more.items())))
    tape, state = Tape(), State()
    while not source.ended:
        source.pump(tape, 1 << 62)
    source.close()
    for event in tape.read(0):
        state.apply(event)
    return state.meters, state


def device(path: Path) -> str:
    found = re.search(r"kbv-\d+-\w*-b|kbv-\S+-b", PIPE if "pipe" in path.name else "")
    text = path.name
    sample = PERF if "perf" in text else REPORT if "report" in text else PIPE
    found = found or re.search(r"dev=(kbv-\S+-b)", sample)
    assert found is not None
    return found[0].removeprefix("dev=")


def assert_the_story(path: Path, **more: str) -> State:
    meters, state = read(path, **more)
    assert (meters.arrived, meters.delivered, meters.sent) == (9, 8, 5)
    assert meters.drops == {"udp/NO_SOCKET": 1}
    assert (meters.copies, meters.copied_bytes, meters.wakeups) == (3, 500, 3)
    assert meters.conserved()
    return state


PERF_HEADER = (
    "# ========\n# captured on    : Sat Nov 28 10:00:00 2026\n"
    + "# event : name = x, id = { 1 }\n" * 400
)
HTML = (
    "<!DOCTYPE html>\n<html>\n<title>Android System Trace</title>\n<script>"
    + "var traceViewer = 1;" * 9000
    + "</script>\n"
)
STACK = (
    "\n\tffffffff81eb7eb3 __netif_receive_skb_core+0x123 ([kernel.kallsyms])"
    "\n\t           7f11 [unknown] (x)\n"
)

# the tool of the sample, a name, the sample, the change
SAME: list[tuple[str, str, str, Change]] = [
    # ---- clocks
    ("pipe", "ns", PIPE, stamped(lambda us: f"{us}000:")),
    ("pipe", "nine_digits", PIPE, stamped(lambda us: f"{us // 10**6}.{us % 10**6:06}000:")),
    ("pipe", "latency", PIPE, latency),
    ("report", "since_the_line_before", REPORT, stamped(lambda us: f"{us / 10**6:.6f}: (+104)  ")),
    ("report", "since_within", REPORT, stamped(lambda us: f"{us / 10**6:.6f} (+104):")),
    ("report", "no_gap", REPORT, each_line(lambda line: re.sub(r"(\[\d+\])\s+", r"\1", line, count=1))),
    # ---- what stands before, after and between
    ("pipe", "blank_first", PIPE, before("\n \n")),
    ("pipe", "byte_order_mark", PIPE, before("\ufeff")),
    ("pipe", "shell", PIPE, before("root@host:~# cat /sys/kernel/tracing/trace_pipe\n")),
    ("pipe", "atrace", PIPE, before("capturing trace... done\nTRACE:\n")),
    ("pipe", "comments", PIPE, before("# a note of the person who recorded it\n" * 300)),
    ("pipe", "html", PIPE, before(HTML + '<script class="trace-data" type="application/text">\n')),
    ("pipe", "escaped_lines", PIPE, each_line(lambda line: line + "\\n\\")),
    ("pipe", "windows", PIPE, each_line(lambda line: line + "\r")),
    ("pipe", "buffer_started", PIPE, before("##### CPU 1 buffer started ####\n")),
    ("pipe", "journal", PIPE, each_line(lambda line: f"Nov 27 11:22:33 host cat[4711]: {line}")),
    (
        "pipe",
        "journal_iso",
        PIPE,
        each_line(lambda line: f"2026-11-27T11:22:33.123456+01:00 h kernel: {line}"),
    ),
    ("pipe", "dmesg", PIPE, each_line(lambda line: f"[  840.742575][    T1] {line}")),
    ("pipe", "dmesg_t", PIPE, each_line(lambda line: f"[Fri Nov 27 11:22:33 2026] {line}")),
    (
        "pipe",
        "dmesg_dump",
        PIPE,
        lambda text: each_line(lambda line: f"<4>[  840.742575] {line}")(latency(text)),
    ),
    ("report", "empty_cores", REPORT, before("CPU 3 is empty\nCPU 5 is empty\n")),
    ("report", "version", REPORT, before("version = 7\n")),
    ("perf", "header", PERF, before(PERF_HEADER)),
    ("perf", "period", PERF, stamped(lambda us: f"{us / 10**6:.6f}:          1 ")),
    ("perf", "stacks", PERF, each_line(lambda line: line + STACK)),
    (
        "perf",
        "pid_and_tid",
        PERF,
        each_line(lambda line: re.sub(r"(\d+) (\[\d{3}\])", r"1\1/1\1 \2", line, count=1)),
    ),
    ("perf", "flags", PERF, each_line(lambda line: re.sub(r"(\[\d{3}\])", r"\1 Dis. ", line, count=1))),
    (
        "perf",
        "no_names",
        PERF,
        each_line(lambda line: re.sub(r"^\s*\S.*?\s(\d+\s+\[\d{3}\])", r" \1", line)),
    ),
    # ---- columns
    ("pipe", "flags4", PIPE, flagged(lambda flags: flags[:4])),
    ("pipe", "flags6", PIPE, flagged(lambda flags: f"{flags[:2]}.{flags[2:]}")),
    ("pipe", "flags7", PIPE, flagged(lambda flags: f"{flags[:2]}L{flags[2:]}1")),
    ("pipe", "flags0", PIPE, flagged(lambda _: "")),
    (
        "pipe",
        "tgid",
        PIPE,
        each_line(lambda line: re.sub(r"(-\d+)\s+\[", r"\1   (   4711) [", line, count=1)),
    ),
    (
        "pipe",
        "tgid_unknown",
        PIPE,
        each_line(lambda line: re.sub(r"(-\d+)\s+\[", r"\1 (-------) [", line, count=1)),
    ),
    (
        "pipe",
        "core_1000",
        PIPE,
        lambda text: text.replace("[001]", "[1001]").replace("[000]", "[1000]"),
    ),
    (
        "pipe",
        "pid_of_7_digits",
        PIPE,
        each_line(lambda line: re.sub(r"-(\d+)(?=\s+\[)", r"-40\1", line, count=1)),
    ),
]


@pytest.mark.parametrize(("sample", "name", "text", "change"), SAME, ids=[each[1] for each in SAME])
def test_each_way_to_print_and_keep_a_trace_gives_the_same_story(
    sample: str, name: str, text: str, change: Change, tmp_path: Path
) -> None:
    path = tmp_path / f"{sample}-{name}.txt"
    path.write_text(change(text), encoding="utf-8")
    assert change(text) != text
    assert_the_story(path)


PACKED: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "utf16": lambda data: data.decode().encode("utf-16"),
    "utf16_big": lambda data: b"\xfe\xff" + data.decode().encode("utf-16-be"),
    "utf16_unmarked": lambda data: data.decode().encode("utf-16-le"),
    "utf16_gz": lambda data: gzip.compress(data.decode().encode("utf-16")),
}


@pytest.mark.parametrize("name", PACKED)
def test_packed_and_re_encoded_traces_are_read(name: str, tmp_path: Path) -> None:
    path = tmp_path / f"pipe.{name}"
    path.write_bytes(PACKED[name](PIPE.encode()))
    assert assert_the_story(path).note == ""


def test_a_packed_trace_that_is_cut_is_read_as_far_as_it_goes_and_says_so(tmp_path: Path) -> None:
    path = tmp_path / "pipe.gz"
    path.write_bytes(gzip.compress(PIPE.encode())[:-500])
    meters, state = read(path)
    assert meters.arrived > 0
    assert "not whole" in state.note


# sample, the change, words of the refusal
REFUSED: list[tuple[str, str, Change, str]] = [
    ("tsc", PIPE, stamped(lambda us: f"{us * 2595}:"), "cycles (x86-tsc) or nanoseconds"),
    ("tsc_report", REPORT, stamped(lambda us: f"{us * 3001}:"), "trace-cmd report --ts2secs"),
    ("uptime", PIPE, stamped(lambda us: f"{us // 10_000}:"), "count events or ticks"),
    (
        "counter",
        PIPE,
        lambda text: STAMP.sub(lambda found: f"{2700 + text.count(chr(10), 0, found.start())}:", text),
        "count events or ticks",
    ),
    ("no_cpu", PERF, each_line(lambda line: re.sub(r"\[\d{3}\]", "", line, count=1)), "lack cpu"),
    (
        "no_pid",
        PERF,
        each_line(lambda line: re.sub(r"\s\d+\s+(\[\d{3}\])", r" \1", line, count=1)),
        "lack pid",
    ),
    ("no_time", PERF, stamped(lambda _: ""), "lack time"),
    ("only_time", PERF, each_line(lambda line: re.sub(r"^.*?\[\d{3}\]", "", line)), "lack pid and cpu"),
    ("no_trace", PERF, each_line(lambda line: re.sub(r"(\w+:\w+:).*", r"\1", line)), "lack trace"),
]


@pytest.mark.parametrize(("name", "text", "change", "said"), REFUSED, ids=[each[0] for each in REFUSED])
def test_a_trace_that_cannot_be_told_is_refused_with_its_cause(
    name: str, text: str, change: Change, said: str, tmp_path: Path
) -> None:
    path = tmp_path / f"{name}.txt"
    path.write_text(change(text), encoding="utf-8")
    with pytest.raises(SourceError, match=re.escape(said)):
        resolve(str(path), Choice())


def test_stamps_without_a_unit_are_nanoseconds_where_the_viewer_says_so(tmp_path: Path) -> None:
    path = tmp_path / "pipe.txt"
    path.write_text(stamped(lambda us: f"{us * 1000 + 7}:")(PIPE), encoding="utf-8")
    with pytest.raises(SourceError, match="--set clock=ns"):
        resolve(str(path), Choice())
    assert_the_story(path, clock="ns")
    with pytest.raises(SourceError, match="clock can only be ns"):
        resolve(str(path), Choice(overrides=(("clock", "tsc"),)))


BINARY = [
    (b"PERFILE2" + bytes(100), "perf script -i"),
    (b"\x17\x08\x44tracing6\0", "trace-cmd report -i"),
    (b"TRACE:\n\x78\x9c" + bytes(50), "without -z"),
    (b'{"skb":"0xffff8880","cpu":1,"process":"ping:7","func":"ip_rcv"}\n', "retis collect -o"),
]


@pytest.mark.parametrize(("data", "said"), BINARY)
def test_binary_files_are_refused_by_the_command_that_makes_them_text(
    data: bytes, said: str, tmp_path: Path
) -> None:
    path = tmp_path / "recorded"
    path.write_bytes(data)
    with pytest.raises(SourceError, match=re.escape(said)):
        resolve(str(path), Choice())


def test_a_capture_whose_payload_is_a_trace_is_a_capture() -> None:
    from kbview.sources.trace.text.recognition import looks_like_one

    head = b"\xd4\xc3\xb2\xa1\2\0\4\0" + bytes(16) + PIPE[:2000].encode()
    assert not looks_like_one(head)
    assert not looks_like_one(gzip.compress(head))


# ---- interrupts without flags ----------------------------------------------------------------------

INTERRUPT = """\
          <idle>-0       [000] {flags}  100.000000: irq_handler_entry: irq=38 name=eth0-rx-0
          <idle>-0       [000] {flags}  100.000003: softirq_raise: vec=3 [action=NET_RX]
          <idle>-0       [000] {flags}  100.000004: irq_handler_exit: irq=38 ret=handled
          <idle>-0       [000] {in_softirq}  100.000006: softirq_entry: vec=3 [action=NET_RX]
          <idle>-0       [000] {in_softirq}  100.000009: netif_receive_skb: dev=eth0 skbaddr=00aa len=9
          <idle>-0       [000] {in_softirq}  100.000012: kfree_skb: skbaddr=00aa reason: NO_SOCKET
          <idle>-0       [000] {in_softirq}  100.000015: softirq_exit: vec=3 [action=NET_RX]
"""


@pytest.mark.parametrize(
    "flags", ["", "d.h1", "d.h1.", "d.h21", "dN.h1.", "d.Lh11.", "d..h1..", "XNLH11."]
)
def test_a_softirq_that_an_interrupt_raised_is_entered_from_it_in_each_layout(
    flags: str, tmp_path: Path
) -> None:
    path = tmp_path / "nic.txt"
    path.write_text(
        "# tracer: nop\n" + INTERRUPT.format(flags=flags, in_softirq=flags.replace("h", "s")),
        encoding="utf-8",
    )
    source, tape = resolve(str(path), Choice()), Tape()
    source.pump(tape, 1 << 62)
    source.close()
    entered = [event.by for event in tape.read(0) if isinstance(event, ev.SoftirqEntered)]
    assert entered == ["restart" if "H" in flags else "irq_exit"]
