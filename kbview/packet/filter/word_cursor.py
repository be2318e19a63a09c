"""WordCursor: the words of a filter one after the other, and the refusal of one of them."""

from typing import NoReturn

from kbview.packet.filter.filter_error import FilterError
from kbview.packet.filter.filter_name import number_of
from kbview.packet.filter.filter_word import FilterWord, words

_MOST_NUMBER = 0xFFFF_FFFF


class WordCursor:
    """Stands before a word; at the end it stands before the empty word."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._words = words(text)
        self._next = 0

    def _peek(self, ahead: int = 0) -> FilterWord:
        return self._words[min(self._next + ahead, len(self._words) - 1)]

    def _take(self) -> FilterWord:
        word = self._peek()
        self._next = min(self._next + 1, len(self._words) - 1)
        return word

    def _number(self, word: FilterWord, text: str, most: int = _MOST_NUMBER) -> int:
        """The number that a text is; the word is refused if it is none."""
        number = number_of(text)
        if number is None or number > most:
            self._refuse(word, f"a number from 0 to {most} stands here")
        return number

    def _refuse(self, word: FilterWord, said: str) -> NoReturn:
        raise FilterError(self._text, word.at, said)
