"""DPDK's telemetry socket, version 2: what a running application tells of itself, and only that."""
