"""Pieces of programs: the questions and notes that several of them begin with.

r6 holds the tracepoint's arguments, r7 the sk_buff or socket, r8 this core's row of numbers.
"""

from kbview.sources.counting.kernel_layout import KernelLayout
from kbview.sources.linux.bpf.assembler import R0, R1, R2, R3, R4, R6, R7, R8, R10, Assembly

LOOKUP, UPDATE, DELETE, KTIME, THIS_CPU, PID = 1, 2, 3, 5, 8, 14  # enum bpf_func_id
READ_KERNEL, RING_OUTPUT = 113, 130
NO_WAKEUP = 1
_KEY = -8  # of the stack: a key of 4 bytes

# Numbers of a core, by their place in its row.
RECEIVED, RECEIVED_BYTES, POLLS, EMPTY_POLLS, SOFTIRQS, SINCE_POLL, SINCE_SOFTIRQ = range(7)
UNKEYED, CURRENT, CHOICE, UNTOLD = range(7, 11)
NUMBERS = 11


def begin(made: Assembly, argument: int = 0) -> None:
    """r7 = an argument of the tracepoint."""
    made.move(R6, R1)
    made.load(8, R7, R6, 8 * argument)


def leave(made: Assembly) -> None:
    """The label "out", and the end of the program."""
    made.label("out")
    made.set(R0, 0)
    made.exit()


def own_row(made: Assembly, numbers: int) -> None:
    """r8 = this core's row of the map of numbers."""
    made.store_value(4, R10, _KEY, 0)
    made.map(R1, numbers)
    made.move(R2, R10)
    made.alu("add", R2, _KEY)
    made.call(LOOKUP)
    made.jump_if(R0, "==", 0, "out")
    made.move(R8, R0)


def add(made: Assembly, place: int, register: int | None = None) -> None:
    """Add a register, or one, to a number of r8's row; r2 is lost.

    PERFORMANCE: without a lock, 1 ns for 6. The row is this core's, and no program that adds to a
    number interrupts another that does.
    """
    made.load(8, R2, R8, 8 * place)
    if register is None:
        made.alu("add", R2, 1)
    else:
        made.alu_register("add", R2, register)
    made.store(8, R8, 8 * place, R2)


def unless_device(made: Assembly, layout: KernelLayout, device: int, to: str) -> None:
    """Go to a label unless the net_device in a register is the watched one. r1 to r3 are lost."""
    made.jump_if(device, "==", 0, to)
    made.load(4, R2, device, layout["dev_index"])
    made.jump_if(R2, "!=", layout.index, to, narrow=True)
    made.load(8, R3, device, layout["dev_net"])
    unless_namespace(made, layout, R3, to)


def unless_namespace(made: Assembly, layout: KernelLayout, net: int, to: str) -> None:
    """Go to a label unless the net in a register is the watched one. r2 is lost."""
    made.jump_if(net, "==", 0, to)
    made.load(4, R2, net, layout["net_number"])
    made.jump_if(R2, "!=", layout.namespace, to, narrow=True)


def unless_ours(made: Assembly, layout: KernelLayout, to: str) -> None:
    """Go to a label unless the sk_buff in r7 is on the watched interface."""
    made.load(8, R1, R7, layout["skb_dev"])
    unless_device(made, layout, R1, to)


def read_memory(made: Assembly, to: int, size: int, source: int) -> None:
    """Copy kernel memory from the address in a register to r10 + to; r0 to r5 are lost."""
    made.move(R3, source)
    made.move(R1, R10)
    made.alu("add", R1, to)
    made.set(R2, size)
    made.call(READ_KERNEL)


def look_up(made: Assembly, table: int, key: int) -> None:
    """r0 = the address of the value for the key at r10 + key, 0 if there is none."""
    made.map(R1, table)
    made.move(R2, R10)
    made.alu("add", R2, key)
    made.call(LOOKUP)


def put(made: Assembly, table: int, key: int, value: int, flags: int = 0) -> None:
    """Store the value at r10 + value under the key at r10 + key; r0 is 0 if there was room."""
    made.map(R1, table)
    made.move(R2, R10)
    made.alu("add", R2, key)
    made.move(R3, R10)
    made.alu("add", R3, value)
    made.set(R4, flags)
    made.call(UPDATE)


def remove(made: Assembly, table: int, key: int) -> None:
    """Remove the row of the key at r10 + key."""
    made.map(R1, table)
    made.move(R2, R10)
    made.alu("add", R2, key)
    made.call(DELETE)
