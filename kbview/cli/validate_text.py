"""The output of `kbview validate`: tables, plots, and the object for programs."""

import json
from collections import Counter
from collections.abc import Sequence
from textwrap import fill

from kbview.cli.paper import say
from kbview.validation.target import Curve, Role, Target
from kbview.validation.verdict import VerdictRow, reproduced

_WIDTH = 80


def print_list(targets: Sequence[Target]) -> None:
    """A line for each target; omitted targets with their reason."""
    for target in targets:
        say(f"{target.id:<4} {target.title}")
        if target.omitted:
            say(fill(f"left out: {target.omitted}", _WIDTH, initial_indent="     ",
                       subsequent_indent="     "))  # fmt: skip


def print_json(targets: Sequence[Target], rows: Sequence[VerdictRow]) -> None:
    """Every target with its rows."""
    objects = []
    for target in targets:
        own = [row for row in rows if row.target == target.id]
        objects.append(
            {
                "target": target.id,
                "title": target.title,
                "mechanism": target.mechanism,
                "source": target.source,
                "provenance": target.provenance,
                "profile": target.profile,
                "omitted": target.omitted or None,
                "reproduced": reproduced(target, own),
                "points": [_object(row) for row in own],
            }
        )
    say(json.dumps(objects, indent=1))


def _object(row: VerdictRow) -> dict[str, object]:
    return {
        "curve": row.curve or None,
        "claim": row.text or None,
        "at": row.at,
        "role": row.role,
        "published": row.published,
        "emulated": row.emulated,
        "error": row.error,
        "low": row.low,
        "high": row.high,
        "inside": row.inside,
        "explained": row.explained,
        "to_fail": row.to_fail,
    }


def print_tables(
    targets: Sequence[Target], rows: Sequence[VerdictRow], *, plot: bool, took_s: float
) -> None:
    """A table for each target, then the summary."""
    for target in targets:
        own = [row for row in rows if row.target == target.id]
        _print_head(target)
        if target.omitted:
            continue
        _print_points(target, own)
        if plot:
            for curve in target.curves:
                _plot(target, curve, own)
    _print_summary(targets, rows, took_s)


def _print_head(target: Target) -> None:
    say(f"\n{target.id}  {target.title}  [{target.profile}]")
    say(fill(f"published: {target.source} ({target.provenance})", _WIDTH, initial_indent="    ",
               subsequent_indent="    "))  # fmt: skip
    for what, words in (("left out", target.omitted), ("note", target.note)):
        if words:
            say(fill(f"{what}: {words}", _WIDTH, initial_indent="    ", subsequent_indent="    "))


def _print_points(target: Target, rows: Sequence[VerdictRow]) -> None:
    label = f"{target.x_label or 'at'}"[:12]
    say(f"    {'':20} {label:>11} {'published':>9} {'emulated':>9} {'error':>7} {'fails':>6}  role")
    for row in rows:
        if row.text:
            _print_claim(row)
            continue
        error = f"{100 * row.error:+.1f}%" if row.error is not None else "-"
        say(
            f"  {_mark(row)} {row.curve[:20]:20} {row.at:>11.10g} {row.published or 0:>9.4g} "
            f"{row.emulated:>9.4g} {error:>7} {_to_fail(row):>6}  {row.role}"
        )


def _print_claim(row: VerdictRow) -> None:
    bounds = [
        f"at least {row.low:.3g}" if row.low is not None else "",
        f"at most {row.high:.3g}" if row.high is not None else "",
    ]
    wanted = ", ".join([*filter(None, bounds), f"fails at {_to_fail(row)}"])
    words = f"{row.text}: {row.emulated:.3g} ({wanted})  {row.role}"
    say(fill(words, _WIDTH, initial_indent=f"  {_mark(row)} ", subsequent_indent="      "))


def _mark(row: VerdictRow) -> str:
    """ "!" outside without a reason, "~" outside with a reason, "?" a reason that is out of date."""
    if row.inside:
        return "?" if row.explained else " "
    return "~" if row.explained else "!"


def _to_fail(row: VerdictRow) -> str:
    """The change of the emulated value at which an inside row would lie outside; "-" outside."""
    if not row.inside:
        return "-"
    return "0" if row.to_fail is None else f"{100 * row.to_fail:+.3g}%"


def _plot(target: Target, curve: Curve, rows: Sequence[VerdictRow]) -> None:
    """Published and emulated against x, drawn in characters."""
    if len(curve.published) < 3:
        return
    import plotext

    emulated = [row.emulated for row in rows if row.curve == curve.name]
    plotext.clear_figure()
    plotext.theme("clear")
    plotext.plot_size(_WIDTH, 16)
    plotext.plot(list(curve.at), emulated, label="emulated", marker="x")
    plotext.plot(list(curve.at), list(curve.published), label="published", marker="o")  # on top
    plotext.title(f"{target.id} {curve.name}")
    plotext.xlabel(target.x_label or curve.x)
    plotext.ylabel(target.y_label or curve.quantity)
    plotext.ylim(0, 1.1 * max(*emulated, *curve.published))
    say(plotext.uncolorize(plotext.build()))


def _print_summary(targets: Sequence[Target], rows: Sequence[VerdictRow], took_s: float) -> None:
    able = [target for target in targets if not target.omitted]
    inside, total = (Counter(row.role for row in some) for some in
                     ([row for row in rows if row.inside], rows))  # fmt: skip
    left_out = len(targets) - len(able)
    say(f"\n{len(rows)} points of {len(able)} targets in {took_s:.0f} s; {left_out} left out")
    for role in Role:
        if total[role]:
            say(f"  {role:<9} {inside[role]} of {total[role]} inside their tolerance")
    _print_reproduced([target for target in able if reproduced(target, list(rows))])
    outside = [row for row in rows if not row.inside]
    _print_rows(
        "outside their tolerance, as docs/outside.md explains", [r for r in outside if r.explained]
    )
    _print_rows("outside, and nobody says why", [row for row in outside if not row.explained])
    _print_rows("listed as outside, and inside", [row for row in rows if row.inside and row.explained])


def _print_reproduced(good: Sequence[Target]) -> None:
    """Targets whose held-out points are all inside, with their titles."""
    mechanisms = len({target.mechanism for target in good})
    say(f"\n  {len(good)} targets ({mechanisms} mechanisms) reproduced at points held out:")
    for target in good:
        say(fill(target.mechanism, _WIDTH, initial_indent=f"    {target.id:<4} ",
                   subsequent_indent=" " * 9))  # fmt: skip


def _print_rows(heading: str, rows: Sequence[VerdictRow]) -> None:
    """A heading and a line a curve or claim; nothing without rows."""
    places: dict[str, list[str]] = {}
    for row in rows:
        at = places.setdefault(f"{row.target} {row.curve or row.text}", [])
        if row.at is not None:
            at.append(f"{row.at:g}")
    if places:
        say(f"\n  {heading}:")
    for name, at in places.items():
        say(fill(name + (f" at {', '.join(at)}" if at else ""), _WIDTH, initial_indent="    ",
                   subsequent_indent="      "))  # fmt: skip
