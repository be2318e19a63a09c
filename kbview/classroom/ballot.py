"""The ballot: the answers to the open question. The last answer of each follower counts."""

from collections import Counter

from kbview.classroom.message import LONGEST_TEXT, Answer, OpenQuestion


class Ballot:
    """Collects answers to one question. `asked` is None before the first question."""

    def __init__(self, asked: OpenQuestion | None = None) -> None:
        self.asked = asked
        self.open = asked is not None
        self._answers: dict[int, Answer] = {}

    @property
    def answered(self) -> int:
        """The followers that have answered."""
        return len(self._answers)

    @property
    def named(self) -> list[Answer]:
        """The answers with a name, in the order of the names."""
        return sorted(
            (each for each in self._answers.values() if each.name), key=lambda each: each.name
        )

    def take(self, seat: int, answer: Answer) -> bool:
        """Whether the answer of a seat counts: its question is open, and the choice exists."""
        asked = self.asked
        if asked is None or not self.open or answer.number != asked.number:
            return False
        text = answer.text.strip()
        if not text or len(text) > LONGEST_TEXT or len(answer.name) > LONGEST_TEXT:
            return False
        if asked.choices and text not in map(str, range(1, asked.choices + 1)):
            return False
        self._answers[seat] = answer
        return True

    def spread(self) -> str:
        """How often each choice was given, or the most frequent numbers: "1: 4  2: 12  3: 0"."""
        counted = Counter(answer.text.strip() for answer in self._answers.values())
        if self.asked is not None and self.asked.choices:
            words = [str(choice) for choice in range(1, self.asked.choices + 1)]
        else:
            words = [text for text, _ in counted.most_common(8)]
        return "  ".join(f"{word}: {counted[word]}" for word in words)
