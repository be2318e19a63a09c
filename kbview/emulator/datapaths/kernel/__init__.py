"""Datapath `kernel`: Linux with NAPI."""
