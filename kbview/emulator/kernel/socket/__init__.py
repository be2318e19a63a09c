"""Sockets: receive queues with truesize accounting, stream sockets, send buffers, wait queues."""
