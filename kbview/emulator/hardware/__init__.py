"""The machine: cores, NIC, rings, bus, memory. This head explains how time passes on it.

Each core has a clock of its own, `now_ps`. A program on a core is a generator, and two rules hold:

1. Only `spend` moves the clock. The time of a step is booked to the account in force.
2. Others run only at `yield`. Before a program touches anything shared (a ring, a queue, a lock), it
   yields if `now_ps > horizon_ps`. So shared things are touched in the order of time.

Four times bound the work of a core:

    - now_ps        the core's clock.
    - limit         the clock of the next actor: beyond it the core stops, and the next actor runs.
    - irq_due_ps    the time at which the first of its vectors fires.
    - horizon_ps    the earlier of limit and irq_due_ps: beyond it a program has to yield.

        core 0   ----work----work----work--|yield
        core 1   ------work----------------^  limit of core 0: core 1 runs next

The most urgent context runs first: hardirq, softirq, task. The scheduler gives a task the core until it
is one slice ahead of another runnable task (run_queue.py).

A core without runnable tasks rests. It idles until a vector fires or a task is made runnable, or it
spins: a program that polls an empty ring calls `spin` and yields. The end of a rest is known only when
something happens, and the time between is booked at once then: a rest costs the emulator nothing.

    - compute_due       find the time at which the core runs next.
    - make_runnable     a task may run; the rest of an idle core ends.
    - shorten_rest      a resting core goes on earlier than planned.
    - book_rest         book the rest up to a time, so that the accounts can be read.
    - give_way_by       this core made another actor due: let that actor run first.
    - vectors_changed   a vector was armed: look again which fires first.

The smallest program: two cores write into one list, and the list is in the order of time.

>>> from kbview.emulator.cost import Calibration, Confidence, CostRow, Prices
>>> from kbview.emulator.engine import advance
>>> from kbview.emulator.hardware.account import USER
>>> from kbview.emulator.hardware.core import Core
>>> from kbview.emulator.hardware.counts import WorkCounts
>>> from kbview.emulator.hardware.idle import Governor, idle_states
>>> from kbview.emulator.hardware.placement import CorePlace
>>> from kbview.emulator.hardware.run_queue import Context
>>> from kbview.emulator.hardware.running_totals import RunningTotals
>>> from kbview.emulator.recorder import Recorder
>>> from kbview.tape.event import Mode

>>> costs = {"short": 100, "long": 250, "cache_pollution": 50}
>>> costs |= {"context_switch": 900, "idle_switch": 900}
>>> rows = {name: CostRow(Confidence.ASSUMED, "an example", ns=cost) for name, cost in costs.items()}
>>> prices = Prices(Calibration("example", "four steps", 10**9, rows))
>>> counts = WorkCounts(RunningTotals(), Recorder())
>>> places = CorePlace(0, 0, 0), CorePlace(1, 1, 0)
>>> cores = [Core(place, prices, Governor(idle_states(prices, "C1")), counts) for place in places]
>>> shared = []

>>> def program(core, name):
...     for _ in range(3):
...         core.spend(prices.step(name))
...         if core.now_ps > core.horizon_ps:
...             yield  # the other core is behind
...         shared.append((core.now_ps // 1000, name))

>>> for core, name in zip(cores, ("short", "long")):
...     core.start(Context(name, program(core, name), USER, Mode.USER))
>>> advance(cores, 10**9)
>>> shared
[(100, 'short'), (200, 'short'), (250, 'long'), (300, 'short'), (500, 'long'), (750, 'long')]
"""
