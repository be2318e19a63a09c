"""Folds the records of a tape into the answers that panels show. No screen, no I/O, no wall clock."""
