"""FilterError: the refusal of a filter, one line with a caret before the faulty word."""

_AROUND = 40  # characters of a long filter that are shown on each side of the caret


class FilterError(Exception):
    """A filter that cannot be used. `at` is the faulty word's place in `text`, from 0."""

    def __init__(self, text: str, at: int, said: str) -> None:
        before, after = text[:at], text[at:]
        if len(before) > _AROUND:
            before = "..." + before[-_AROUND:]
        if len(after) > _AROUND:
            after = after[:_AROUND] + "..."
        super().__init__(f"filter: {said}: {before}^{after}")
        self.text = text
        self.at = at
