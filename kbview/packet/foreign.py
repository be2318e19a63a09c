"""Files that are not captures: what they probably are, and what to do with them."""

_ADVICE = "kbview reads pcap and pcapng, also gzipped"
_SIGNATURES = (
    (b"kbview", "a kbview tape, not a capture; name it *.kbt and open it as such"),
    (b"\xa1\xb2\xcd\x34", "a modified pcap; convert it with editcap -F pcap"),
    (b"\x34\xcd\xb2\xa1", "a modified pcap; convert it with editcap -F pcap"),
    (b"snoop\0\0\0", "a snoop capture; convert it with editcap -F pcap"),
    (b"\x28\xb5\x2f\xfd", "compressed by zstd; unpack it with zstd -d"),
    (b"\xfd7zXZ\0", "compressed by xz; unpack it with xz -d"),
    (b"BZh", "compressed by bzip2; unpack it with bzip2 -d"),
    (b"\x04\x22\x4d\x18", "compressed by lz4; unpack it with lz4 -d"),
    (b"\x1f\x8b", "gzipped twice; unpack it once with gzip -d"),
    (b"PK\3\4", "a zip archive; unpack it and name the capture in it"),
    (b"\x7fELF", "a program, not a capture; " + _ADVICE),
)
_SAMPLE = 512


def guess(data: bytes) -> str:
    """What a file that starts with `data` is, and what to do with it."""
    for signature, answer in _SIGNATURES:
        if data.startswith(signature):
            return answer
    sample = data[:_SAMPLE]
    if all(byte >= 0x20 or byte in b"\t\r\n" for byte in sample) and b"\x7f" not in sample:
        return f"text, not a capture; {_ADVICE}"
    return f"not a capture; {_ADVICE}"
