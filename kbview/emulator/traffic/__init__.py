"""Traffic: frames in the order of their arrival, independent of the datapath that receives them.

gaps          times between frames             lengths        frame lengths: one size, or a mix
flows         addresses and ports              stream         gaps, lengths and flows together
ports         source ports of clients
tcp_clients   closed loop over TCP             udp_requester  closed loop over UDP
change        a capture's frames at another pace
"""
