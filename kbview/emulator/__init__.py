"""A calibrated model of NIC, rings, cores, kernel and bypass stacks.

    emulation > scenario > datapaths > datapath > kernel | bypass > application > protocol
              > hardware > cost > engine > recorder

Deterministic: the same scenario and seed make the same tape. No I/O, no threads, no clock of its own.
Time is integer picoseconds.
"""
