"""Filters: one language for sources, the list of packets and exports.

    text  ->  words (filter_word)  ->  tree (filter_parser, filter_primitive)
    tree  ->  a verdict on a frame (filter_verdict), classic BPF for a tap, eBPF for counting programs

The words for packets are pcap-filter(7)'s, and mean the same bytes as in libpcap.
"""
