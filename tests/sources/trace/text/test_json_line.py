"""Events of retis are records of the same tracepoints, so its files open as kernel traces.

The lines have the sections that retis writes (retis-events/src), with values made for this test.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from kbview.cli.main import main
from kbview.sources.trace.text import json_line

STARTUP = {"common": {"timestamp": 1000}, "startup": {"retis_version": "v1.6.0"}}
SKB = 18446619372874141952


def event(
    symbol: str, after_us: int, sections: dict[str, Any] | None = None, skb: int = SKB
) -> dict[str, Any]:
    """One event of the interface veth0 on core 6."""
    return {
        "common": {
            "timestamp": 30_419_169_000_000 + after_us * 1000,
            "smp_id": 6,
            "task": {"pid": 11330, "tgid": 11330, "comm": "ping"},
        },
        "kernel": {"symbol": symbol, "probe_type": "raw_tracepoint"},
        "skb-tracking": {"orig_head": skb - 4096, "timestamp": 30_419_169_000_000, "skb": skb},
        "dev": {"name": "veth0", "ifindex": 11},
        "skb": {"meta": {"len": 84, "data_len": 0}},
        "packet": {"len": 98, "capture_len": 98, "data": "AAAA"},
        **(sections or {}),
    }


ARRIVED = event("net:netif_receive_skb", 0)
DROPPED = event("skb:kfree_skb", 10, {"skb-drop": {"drop_reason": "NO_SOCKET"}})


def said(line: dict[str, Any]) -> tuple[str, tuple[Any, ...]] | None:
    found = json_line.parse(json.dumps(line))
    return None if found is None else (found.point, found.values)


OLDER = {**ARRIVED, "skb": {"dev": {"name": "eth1", "ifindex": 2}, "packet": {"len": 98}}}
OLDER.pop("dev")
OLDER.pop("packet")
# a line, the tracepoint and its values
LINES: list[tuple[dict[str, Any], tuple[str, tuple[Any, ...]]]] = [
    (ARRIVED, ("netif_receive_skb", (hex(SKB), 84, "veth0"))),
    (OLDER, ("netif_receive_skb", (hex(SKB), 84, "eth1"))),  # of before retis 1.6
    (DROPPED, ("kfree_skb", (hex(SKB), None, None, "NO_SOCKET"))),
    (
        event("kfree_skb_reason", 9, {"skb-drop": {"drop_reason": "X", "subsys": "ovs"}}),
        ("kfree_skb", (hex(SKB), None, None, "ovs_X")),
    ),
    (event("openvswitch:ovs_dp_upcall", 5), ("", ())),
    (STARTUP, ("", ())),
]


@pytest.mark.parametrize(("line", "values"), LINES)
def test_a_line_is_a_record_of_its_tracepoint(
    line: dict[str, Any], values: tuple[str, tuple[Any, ...]]
) -> None:
    assert said(line) == values


def test_time_core_and_task_are_those_of_the_line() -> None:
    found = json_line.parse(json.dumps(DROPPED))
    assert found is not None
    assert found[:4] == (30_419_169_010_000, 6, 11330, "ping")


@pytest.mark.parametrize(
    "text", ["{}", "{", '{"common": {}}', '{"common": {"timestamp": 5}}', "[1]", "{\x00"]
)
def test_another_object_is_no_line(text: str) -> None:
    assert json_line.parse(text) is None


@pytest.mark.parametrize("opening", [[STARTUP], []])
def test_a_file_of_retis_opens_and_says_what_it_does_not_record(
    opening: list[dict[str, Any]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """By default retis records arrivals and drops: what became of the others, nobody knows."""
    events = [*opening, ARRIVED, DROPPED, event("net:netif_receive_skb", 50, skb=SKB + 256)]
    path = tmp_path / "retis.data"
    path.write_text("".join(json.dumps(each) + "\n" for each in events), encoding="utf-8")
    assert main(["run", str(path), "--json"]) == 0
    (report,) = json.loads(capsys.readouterr().out)
    assert (report["frames"]["arrived"], report["frames"]["dropped"]) == (2, 1)
    assert report["frames"]["delivered"] is None
    assert report["drops"] == [{"where": "ip", "reason": "NO_SOCKET", "count": 1}]
    assert report["counts"]["polls"] is None
