"""The way out: queueing discipline, driver transmit, pktgen, the driver's ring for XDP."""
