"""Datapath `af_xdp`: XDP redirects frames to a socket's rings in user memory."""
