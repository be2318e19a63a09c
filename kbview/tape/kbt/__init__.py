"""The tape file, `.kbt`: blocks one behind another, each with its length and checksums.

    header header chunk chunk chunk ... chunk index trailer
                                              '-------------- only when the writer ended in good order

A block is a head of fixed size (block.py) and a payload, compressed with zlib. The header says what
the tape is of (header.py) and stands there twice, so that no damaged byte can take it away. A chunk
holds records in columns (columns.py), and the key frame before them (payload.py). A reader finds the
next whole block after damage by the mark that every head begins with. The index (footer.py) is a
convenience: heads say all that is in it. Nothing in a tape is ever executed, and nothing is read
before its checksum was found right.
"""
