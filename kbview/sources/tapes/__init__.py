"""Tape files as a SOURCE, and the files and folders that tapes are kept in."""
