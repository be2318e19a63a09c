"""The fault of a lesson file, in one line for a person."""


class LessonError(Exception):
    """A lesson that cannot be read, or a query that cannot be asked. The text is one line."""
