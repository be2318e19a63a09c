"""Compile the emulator and the reader of captures with mypyc.

`scripts/native.py FOLDER` leaves the modules in FOLDER.

The source is the package's own. A copy of it gets five changes, each of them mechanical:

1. A dataclass of settings and a struct that is decoded move to a module beside, `declared_NAME.py`,
   which stays Python: mypyc loses the bounds and units in their annotations.
2. A `msgspec.Struct` with `eq=False` is never decoded. It becomes a class with native attributes, so
   that compiled code reads an attribute without a look-up. With `gc=False` it is left out of garbage
   collection as the struct is.
3. `strict` of a `zip` in a loop goes: mypyc compiles the plain form without objects for the pairs.
4. A constant in capitals becomes `Final`: compiled code does not look it up in its module. The
   docstring of a module becomes an assignment, because mypyc drops it.
5. COMPILED of kbview/packet/compiled.py becomes True, and its `Word` an integer of 64 bits.

FOLDER/kbview then has an extension module for each module of COMPILED, and the modules `declared_*.py`.
`scripts/wheel` puts them (`products`) into a wheel beside the unchanged Python modules.
"""

import ast
import os
import shutil
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
_OF_CAPTURES = ("checksum", "clock", "compiled", "fields", "shape", "shortcut", "toeplitz")
COMPILED = (
    "kbview/emulator",
    "kbview/packet/frame.py",
    "kbview/packet/altered.py",
    *(f"kbview/packet/{name}.py" for name in _OF_CAPTURES),
    "kbview/tape/bucket.py",
    "kbview/tape/kbt/whole.py",
    "kbview/ui/brush.py",
)
# Declarations alone, without work for a compiler.
LEFT = {"keys.py", "settings.py", "common_settings.py", "scenario.py", "traffic_description.py"}
# mypyc takes this decorator off, so a compiled module does without mypy_extensions.
_DECORATOR = """
try:
    from mypy_extensions import mypyc_attr
except ImportError:
    pass
"""
# `Word` is a type of annotations alone, so compiled code does without it as well.
_WORD = """
try:
    from mypy_extensions import i64 as Word
except ImportError:
    pass
"""
GROUP = "kbview.native"  # kbview/native__mypyc.*.so: the library lies in the package, wherever that is

Definition = ast.ClassDef | ast.FunctionDef | ast.Assign | ast.AnnAssign


def modules(root: Path) -> list[Path]:
    """The files that are compiled, below `root`, sorted."""
    found = [each for name in COMPILED for each in ([root / name], sorted((root / name).rglob("*.py")))]
    files = [path for group in found for path in group if path.is_file()]
    return [path for path in files if path.name not in LEFT and path.name != "__init__.py"]


class Source:
    """A module's text and its definitions."""

    def __init__(self, path: Path, name: str) -> None:
        self.path = path
        self.name = name
        self.tree = ast.parse(path.read_text("utf-8"))

    def imports(self) -> list[ast.stmt]:
        """Its imports at the top, and blocks of imports for types."""
        return [
            node for node in self.tree.body if isinstance(node, ast.Import | ast.ImportFrom | ast.If)
        ]

    def definitions(self) -> dict[str, Definition]:
        """Its definitions by name, in their order."""
        found: dict[str, Definition] = {}
        for node in self.tree.body:
            if isinstance(node, ast.ClassDef | ast.FunctionDef):
                found[node.name] = node
            elif isinstance(node, ast.Assign | ast.AnnAssign):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                names = [each for target in targets for each in ast.walk(target)]
                found.update({each.id: node for each in names if isinstance(each, ast.Name)})
        return found

    def classes(self) -> Iterator[ast.ClassDef]:
        """Its classes."""
        return (node for node in self.tree.body if isinstance(node, ast.ClassDef))

    def write(self) -> None:
        """Write the changed module."""
        self.path.write_text(ast.unparse(ast.fix_missing_locations(self.tree)) + "\n", "utf-8")


def prepare(root: Path) -> list[Path]:
    """Change the copy of the package below `root`; returns the files to compile."""
    sources = [Source(path, dotted(path, root)) for path in modules(root)]
    structs: dict[str, ast.ClassDef] = {}
    for source in sources:
        structs.update(
            {each.name: each for each in source.classes() if _bases(each) & {"msgspec.Struct"}}
        )
        structs.update({each.name: each for each in source.classes() if _bases(each) & structs.keys()})
    for source in sources:
        declared = [each for each in source.classes() if _is_declared(each, structs)]
        make_native(source, structs)
        if declared:
            move(source, [each.name for each in declared], root)
        make_plain(source)
        make_words(source)
        make_final(source)
        source.write()
    return [source.path for source in sources]


def dotted(path: Path, root: Path) -> str:
    """The name of the module in a file."""
    return ".".join(path.relative_to(root).with_suffix("").parts)


def _bases(node: ast.ClassDef) -> set[str]:
    return {ast.unparse(base) for base in node.bases}


def _is_identity(node: ast.ClassDef) -> bool:
    """Whether a struct's objects are compared by identity."""
    return any(each.arg == "eq" and ast.unparse(each.value) == "False" for each in node.keywords)


def _is_declared(node: ast.ClassDef, structs: dict[str, ast.ClassDef]) -> bool:
    """Whether a class has to stay Python."""
    if any("dataclass" in ast.unparse(each) for each in node.decorator_list):
        return True
    if "NamedTuple" in _bases(node):  # mypyc finds no type for a field that may be anything
        return any(ast.unparse(each.annotation) == "object" for each in _fields(node))
    return node.name in structs and not _is_identity(node)


# ---- declarations ------------------------------------------------------------------------------


def move(source: Source, names: list[str], root: Path) -> None:
    """Move definitions, and all that they use, to a module beside; import them from there."""
    known = source.definitions()
    moved: dict[str, Definition] = {}
    while names:
        name = names.pop()
        if name not in moved:
            moved[name] = known[name]
            names += [
                each.id
                for each in ast.walk(known[name])
                if isinstance(each, ast.Name) and each.id in known
            ]
    nodes = [node for node in source.tree.body if node in moved.values()]
    beside = source.path.with_name(f"declared_{source.path.name}")
    body = [*source.imports(), *nodes, *_named(nodes, source.name)]
    beside.write_text(ast.unparse(ast.Module(body, [])) + "\n", "utf-8")
    imported = ast.ImportFrom(dotted(beside, root), [ast.alias(name) for name in sorted(moved)], 0)
    rest = [node for node in source.tree.body if node not in nodes]
    last = max(index for index, node in enumerate(rest) if node in source.imports())
    source.tree.body = [*rest[: last + 1], imported, *rest[last + 1 :]]


def _named(nodes: Iterable[ast.stmt], module: str) -> list[ast.stmt]:
    """Statements that give moved classes the name of the module that they are written in."""
    return [
        ast.parse(f"{node.name}.__module__ = {module!r}").body[0]
        for node in nodes
        if isinstance(node, ast.ClassDef)
    ]


# ---- native classes ----------------------------------------------------------------------------


def make_native(source: Source, structs: dict[str, ast.ClassDef]) -> None:
    """Turn the structs with identity of a module into plain classes."""
    for node in source.classes():
        if node.name in structs and _is_identity(node):
            fields = _all_fields(node, structs)
            if any(each.arg == "gc" and ast.unparse(each.value) == "False" for each in node.keywords):
                node.decorator_list.append(ast.parse("mypyc_attr(acyclic=True)", mode="eval").body)
            node.bases = [base for base in node.bases if ast.unparse(base) in structs]
            node.keywords = []
            methods = [each for each in node.body if not isinstance(each, ast.AnnAssign)]
            bare = [ast.AnnAssign(each.target, each.annotation, None, 1) for each in _fields(node)]
            node.body = [*bare, *_made(node.name, fields), *methods]


def _fields(node: ast.ClassDef) -> list[ast.AnnAssign]:
    return [each for each in node.body if isinstance(each, ast.AnnAssign)]


def _all_fields(node: ast.ClassDef, structs: dict[str, ast.ClassDef]) -> list[ast.AnnAssign]:
    inherited = [
        each for name in _bases(node) & structs.keys() for each in _all_fields(structs[name], structs)
    ]
    own = {ast.unparse(each.target) for each in _fields(node)}
    return [*(each for each in inherited if ast.unparse(each.target) not in own), *_fields(node)]


def _made(name: str, fields: list[ast.AnnAssign]) -> list[ast.stmt]:
    """The methods that a struct brings: `__init__`, `__replace__`, `__reduce__` and `__repr__`."""
    names = [ast.unparse(each.target) for each in fields]
    values = [f" = {ast.unparse(each.value)}" if each.value else "" for each in fields]
    types = [ast.unparse(each.annotation) for each in fields]
    arguments = ", ".join(f"{a}: {b}{c}" for a, b, c in zip(names, types, values, strict=True))
    kept = "\n    ".join(f"self.{each} = {each}" for each in names)
    own = "".join(f"self.{each}, " for each in names)
    shown = ", ".join(f"{each}={{self.{each}!r}}" for each in names)
    return ast.parse(
        f"def __init__(self, {arguments}) -> None:\n    {kept}\n"
        f"def __replace__(self, /, **changes: object) -> '{name}':\n"
        f"    other = {name}({own})\n"
        "    for field, value in changes.items():\n        setattr(other, field, value)\n"
        "    return other\n"
        f"def __reduce__(self) -> tuple[object, ...]:\n    return {name}, ({own})\n"
        f"def __repr__(self) -> str:\n    return f'{name}({shown})'\n"
    ).body


# ---- loops ----------------------------------------------------------------------------------------


def make_plain(source: Source) -> None:
    """Take `strict` off each `zip` that a loop or a comprehension goes through."""
    for node in ast.walk(source.tree):
        through = node.iter if isinstance(node, ast.For | ast.comprehension) else None
        if isinstance(through, ast.Call) and ast.unparse(through.func) == "zip":
            through.keywords = []


# ---- words of compiled code ----------------------------------------------------------------------


def make_words(source: Source) -> None:
    """Give the names of kbview/packet/compiled.py their meaning in compiled code."""
    for place, node in enumerate(source.tree.body):
        if ast.unparse(node) == "COMPILED = False":
            source.tree.body[place] = ast.parse("COMPILED = True").body[0]
        if isinstance(node, ast.ImportFrom) and any(each.name == "Word" for each in node.names):
            node.names = [each for each in node.names if each.name != "Word"]
            source.tree.body[place : place + 1] = [
                *([node] if node.names else ()),
                *ast.parse(_WORD).body,
            ]


# ---- constants ---------------------------------------------------------------------------------


def make_final(source: Source) -> None:
    """Mark the constants of a module as final."""
    body: list[ast.stmt] = []
    for node in source.tree.body:
        target = node.targets[0] if isinstance(node, ast.Assign) and len(node.targets) == 1 else None
        if (
            isinstance(node, ast.Assign)
            and isinstance(target, ast.Name)
            and _is_constant(target.id, node)
        ):
            body.append(ast.AnnAssign(target, ast.Name("Final"), node.value, 1))
        else:
            body.append(node)
    first = next(
        i
        for i, node in enumerate(body)
        if isinstance(
            node,
            ast.Import | ast.ImportFrom | ast.Assign | ast.AnnAssign | ast.ClassDef | ast.FunctionDef,
        )
    )
    future = isinstance(body[first], ast.ImportFrom) and body[first].module == "__future__"
    doc = ast.parse(f"__doc__ = {ast.get_docstring(source.tree, clean=False)!r}").body
    decorated = any(each.decorator_list for each in source.classes())
    body[first + future : first + future] = [
        ast.ImportFrom("typing", [ast.alias("Final")], 0),
        *(ast.parse(_DECORATOR).body if decorated else ()),
        *doc,
    ]
    source.tree.body = body


def _is_constant(name: str, node: ast.Assign) -> bool:
    """Whether an assignment is of a constant, and not of a type or an empty table to be filled."""
    return name.isupper() and not isinstance(node.value, ast.Dict | ast.List)


# ---- compiling ---------------------------------------------------------------------------------


def build(folder: Path) -> None:
    """Copy the package into `folder`, prepare the copy, and compile it there."""
    from mypyc.build import mypycify
    from setuptools import setup

    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(HERE / "kbview", folder / "kbview", ignore=shutil.ignore_patterns("__pycache__"))
    files = [str(path.relative_to(folder)) for path in prepare(folder)]
    before = Path.cwd()
    os.chdir(folder)
    # One library holds all modules: its calls of its own functions need no table of the linker.
    # mypyc writes the group's header into the package's folder, and the modules' sources above it.
    flags = "-fvisibility=hidden -fno-plt -Ibuild/kbview"
    os.environ["CFLAGS"] = f"{os.environ.get('CFLAGS', '')} {flags}"
    extensions = mypycify(
        ["--config-file=", *files],  # below the checkout, mypy would take its strict settings
        opt_level=os.environ.get("KBVIEW_OPTIMISE", "2"),
        debug_level="0",
        multi_file=True,
        group_name=GROUP,
    )
    setup(name="kbview", ext_modules=extensions, script_args=["-q", "build_ext", "--inplace"])
    os.chdir(before)


def products(folder: Path) -> list[Path]:
    """The files that compiling has added to the package in `folder`."""
    package = folder / "kbview"
    return [*package.rglob("*.so"), *package.rglob("declared_*.py")]


if __name__ == "__main__":
    build(Path(sys.argv[1]).resolve())
