"""The waist: the vocabulary that producers write, state folds and panels draw. It does no I/O."""
