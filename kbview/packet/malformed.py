"""Bytes that no stack would take, with the reason that the Linux kernel gives for refusing them."""


class MalformedPacketError(ValueError):
    """`reason` is a name from the kernel's enum skb_drop_reason, without SKB_DROP_REASON_."""

    def __init__(self, reason: str, explanation: str) -> None:
        super().__init__(f"{explanation} ({reason})")
        self.reason = reason
