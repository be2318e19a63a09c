"""Datapath `netmap`: NIC rings mapped into the application, synchronized by system calls."""
