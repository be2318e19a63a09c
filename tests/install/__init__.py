"""How kbview is set up and started from a checkout."""
