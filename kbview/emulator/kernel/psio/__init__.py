"""The PacketShader I/O engine, a kernel module. The datapaths psio and mtcp stand on it."""
