"""Kernel traces: `live` reads tracefs, `text` reads a recorded text, `meaning` interprets both."""
