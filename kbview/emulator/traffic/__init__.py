"""Traffic: frames in the order of their arrival, made independently of who receives them.

gaps     when: constant, Poisson, bursts           lengths   how long: one size, or a mix
flows    who sends                                  stream    these together, and streams merged
change   a capture's frames at another pace
"""
