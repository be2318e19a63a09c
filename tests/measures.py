"""Measures of the source and the documents; `tests/house.toml` has their ceilings."""

import ast
import re
from collections import Counter, defaultdict
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "kbview"
MODULES = sorted(PACKAGE.rglob("*.py"))
DOCUMENTS = [*sorted((ROOT / "docs").rglob("*.md")), ROOT / "README.md", ROOT / "CHANGELOG.md"]
PRONOUNS = frozenset({"what", "who", "whose", "whom", "those"})
FEW_WORDS = 200  # in a shorter text one pronoun is already more than 0.3 in 100 words
LONG_SENTENCE = 40
# Modules that play the same part in each folder; a reader expects the same name.
PARTS = frozenset({"__init__", "datapath", "opener", "stations"})
_CODE = re.compile(r"```.*?```|`[^`]*`|^\s*\|.*?$|^    .*?$", re.DOTALL | re.MULTILINE)
# A line of a table or of a figure: columns, indented, or with strokes.
_COLUMNS = re.compile(r"^(?:.*\S {2,}\S.*| {4,}.*|.*(?:\|[- ]|--->|'--).*)$", re.MULTILINE)
_EXAMPLE = re.compile(r"^ *(>>>|\.\.\.).*\n?", re.MULTILINE)  # of doctest
_SENTENCE = re.compile(r"(?<=[.;:!?])\s+(?=[A-Z\"`(])|\n\n|\n(?=\s*[-*] )")


def name_of(path: Path) -> str:
    """A path as the ceilings name it: from the root of the repository, with slashes."""
    return path.relative_to(ROOT).as_posix()


@cache
def tree(path: Path) -> ast.Module:
    """The syntax tree of a module."""
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def prose(path: Path) -> str:
    """The docstrings of a module, or a document without its code and its tables."""
    if path.suffix != ".py":
        return _CODE.sub(" ", path.read_text(encoding="utf-8"))
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    texts = [ast.get_docstring(node) for node in ast.walk(tree(path)) if isinstance(node, kinds)]
    return _EXAMPLE.sub("", "\n\n".join(text for text in texts if text))


def pronouns() -> dict[str, float]:
    """What, who, whose, whom and those in 100 words, of each text of more than 200 words."""
    found = {}
    for path in [*MODULES, *DOCUMENTS]:
        words = re.findall(r"[a-z']+", prose(path).lower())
        if len(words) > FEW_WORDS:
            count = sum(word in PRONOUNS for word in words)
            found[name_of(path)] = round(100 * count / len(words), 2)
    return found


def long_sentences() -> dict[str, float]:
    """The number of sentences of more than 40 words in each text; tables and figures have none."""
    found: dict[str, float] = {}
    for path in [*MODULES, *DOCUMENTS]:
        sentences = _SENTENCE.split(_COLUMNS.sub("", prose(path)))
        found[name_of(path)] = sum(len(each.split()) > LONG_SENTENCE for each in sentences)
    return found


def classes() -> dict[str, float]:
    """How many classes of the package have each name."""
    nodes = (node for path in MODULES for node in ast.walk(tree(path)))
    return dict(Counter(node.name for node in nodes if isinstance(node, ast.ClassDef)))


def modules() -> dict[str, float]:
    """How many modules have the name of each module in its folder or below it, itself included."""
    by_name: defaultdict[str, list[Path]] = defaultdict(list)
    for path in MODULES:
        if path.stem not in PARTS:
            by_name[path.stem].append(path)
    return {
        name_of(path): sum(path.parent in other.parents for other in alike)
        for alike in by_name.values()
        for path in alike
    }


def fan_out() -> dict[str, float]:
    """The number of the package's modules that each module of a datapath imports."""
    return {
        name_of(path): len(_imported(path))
        for path in MODULES
        if PACKAGE / "emulator" / "datapaths" in path.parents
    }


def _imported(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
        elif isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
    return {module for module in found if module.split(".")[0] == "kbview"}


def entries() -> dict[str, float]:
    """The number of modules and folders at the top of the kernel."""
    top = PACKAGE / "emulator" / "kernel"
    beneath = {path.relative_to(top).parts[0] for path in MODULES if top in path.parents}
    return {name_of(top): len(beneath - {"__init__.py"})}


def lines() -> dict[str, float]:
    """The length of each module."""
    return {name_of(path): len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES}


def functions() -> dict[str, float]:
    """The length in lines of the longest function of each module."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    found: dict[str, float] = {}
    for path in MODULES:
        nodes = [node for node in ast.walk(tree(path)) if isinstance(node, kinds)]
        lengths = [(node.end_lineno or 0) - node.lineno + 1 for node in nodes]
        found[name_of(path)] = max(lengths, default=0)
    return found
