"""Producers at the edge: they open files, and put what happens on a tape."""
