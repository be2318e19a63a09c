"""Linux's receive path: interrupt, softirq, NAPI, layers, sockets, system calls."""
