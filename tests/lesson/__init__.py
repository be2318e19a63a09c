"""Lessons: format, queries, the check, the walk through a lesson."""
