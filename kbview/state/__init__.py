"""Folds what the tape says into what a panel asks. No screen, no I/O, no wall clock."""
