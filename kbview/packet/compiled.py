"""Two names that scripts/native.py gives another meaning in the modules that it compiles.

Compiled code reads bytes with the speed of a C loop, and keeps a `Word` in a register. The same loop in
pure Python takes 50 times as long as `int.from_bytes` for a checksum, and 5 times as long as `struct`
for the fields of a packet. The functions that read captures therefore have both forms.
"""

COMPILED = False  # True in compiled code: the loops are taken
Word = int  # a signed integer of 64 bits in compiled code
