"""The fault of a lesson file, in a line for a person."""


class LessonError(Exception):
    """A lesson that cannot be read, or a query that cannot be asked. The text is a single line."""
