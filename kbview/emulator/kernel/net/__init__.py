"""The protocol layers: netfilter, IP, fragments, routes, UDP and TCP input, kernel timers."""
