"""System calls of an application: read, accept, close and send, each on its own task."""
