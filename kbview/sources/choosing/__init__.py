"""Filters of live sources: the packets and sockets that they show, and the own connection left out."""
