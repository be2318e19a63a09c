"""A filter's tree as tests and jumps: how `and`, `or` and `not` become branches of any program."""

from abc import ABC, abstractmethod

from kbview.packet.filter.filter_tree import (
    Every,
    Fact,
    FieldTest,
    LongerThan,
    Negated,
    Some,
    Tagged,
    Tree,
)


class FilterBranches(ABC):
    """Emits the tests of a tree; each ends at the label of yes or of no.

    A kind of program derives from it.
    """

    def __init__(self) -> None:
        self._count = 0

    def test(self, tree: Tree, yes: str, no: str) -> None:
        """Go to one of the labels. Errors: that of `unknown` for a fact."""
        match tree:
            case Negated(part):
                self.test(part, no, yes)
            case Every(parts) | Some(parts):
                self._joined(tree, parts, yes, no)
            case FieldTest():
                self.compare(tree, yes, no)
            case Tagged(depth, number):
                self.tagged(depth, number, yes, no)
            case LongerThan(length):
                self.longer(length, yes, no)
            case Fact(word, _):
                raise self.unknown(word)

    def fresh(self) -> str:
        """A label that has not been used."""
        self._count += 1
        return f"filter {self._count}"

    def _joined(self, tree: Every | Some, parts: tuple[Tree, ...], yes: str, no: str) -> None:
        for part in parts[:-1]:
            after = self.fresh()
            if isinstance(tree, Every):
                self.test(part, after, no)
            else:
                self.test(part, yes, after)
            self.mark(after)
        self.test(parts[-1], yes, no)

    @abstractmethod
    def mark(self, label: str) -> None:
        """The label stands here."""

    @abstractmethod
    def compare(self, leaf: FieldTest, yes: str, no: str) -> None:
        """A comparison of bytes."""

    @abstractmethod
    def tagged(self, depth: int, number: int | None, yes: str, no: str) -> None:
        """Whether the frame has one VLAN tag more than `depth`, and this number if not None."""

    @abstractmethod
    def longer(self, length: int, yes: str, no: str) -> None:
        """Whether the frame has more bytes, without FCS."""

    @abstractmethod
    def unknown(self, word: str) -> Exception:
        """The error for a fact that a program cannot know."""
