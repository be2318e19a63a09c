"""The lab: network namespaces and links of our own, in which real packets can be let loose."""
