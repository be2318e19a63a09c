"""Child processes with a sender or a receiver; the lab and `xdp:` start them."""
