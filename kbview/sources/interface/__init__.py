"""The SOURCE `live:IFACE`: an interface of this machine, by its AF_PACKET ring."""
