"""Datapath `af_packet`: a TPACKET_V3 ring beside the stack."""
