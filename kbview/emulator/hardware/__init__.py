"""What is bolted to the machine: wire, NIC, descriptor ring, cores."""
