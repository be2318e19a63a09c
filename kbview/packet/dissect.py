"""Everything that is in one packet, for people to read: scapy's dissection as plain text.

scapy takes most of a second to import and 200 microseconds a packet, and knows hundreds of
protocols: right for the packet that somebody looks at, wrong for a million of them.
"""
