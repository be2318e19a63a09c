"""Datapath `psio`: the PacketShader I/O engine, read in chunks."""
