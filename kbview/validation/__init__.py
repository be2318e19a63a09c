"""Published measurements beside what the model says: targets, experiments, verdicts.

A target's numbers stand in `kbview/targets/*.toml`, with their source. A point is *fitted* when a
profile was adjusted until it matched, *derived* when it follows from fitted points by arithmetic, and
*held out* when no profile has seen it: only the last is a reproduction.
"""
