"""Datapath `kernel-irq`: one interrupt a packet, priorities instead of budgets, as in 4.2BSD."""
