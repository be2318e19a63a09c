"""Bytes and their meaning: headers, checksums, flows, capture files. No clock, no threads."""
