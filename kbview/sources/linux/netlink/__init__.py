"""Netlink, as far as it tells more than /proc does: interfaces' totals apart, sockets with limits."""
