"""The names of keys: Textual's, from the characters that people write in a configuration."""

# Characters that Textual calls by a name.
_TEXTUAL = {
    " ": "space", ".": "full_stop", ",": "comma", "?": "question_mark", "+": "plus", "-": "minus",
    "=": "equals_sign", "*": "asterisk", "/": "slash", ":": "colon", ";": "semicolon",
    "<": "less_than_sign", ">": "greater_than_sign", "[": "left_square_bracket",
    "]": "right_square_bracket", "!": "exclamation_mark", "#": "number_sign", "%": "percent_sign",
    "&": "ampersand", "(": "left_parenthesis", ")": "right_parenthesis", "@": "at", "'": "apostrophe",
    '"': "quotation_mark", "_": "underscore", "|": "vertical_line", "~": "tilde",
    "^": "circumflex_accent", "$": "dollar_sign", "\\": "backslash", "`": "grave_accent",
}  # fmt: skip


def names(spelt: str) -> list[str]:
    """Textual's names of the keys. A comma alone, or between spaces, is the key itself."""
    parts = [","] if spelt.strip() == "," else [part.strip() for part in spelt.split(",")]
    return [_TEXTUAL.get(part, part) for part in parts if part]


def spelling(spelt: str) -> str:
    """The keys as the screens show them."""
    return " ".join(part.strip() for part in spelt.split(",") if part.strip()) or spelt.strip()
