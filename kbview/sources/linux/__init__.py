"""Linux interfaces that several live sources read: /proc, netlink, perf, XDP, namespaces."""
