"""kbview: where a packet is between the NIC and the application, live, and what each step costs."""

__version__ = "0.1.0"
