"""The device layer: NAPI, from the interrupt to `netif_receive_skb()`, with GRO and XDP."""
