"""A class on one machine: the presenter's screen is drawn once and sent to every follower.

    presenter (kbview present)                     follower (kbview follow), one for each student
    Shell ── Canvas ── Hub ─── local socket ─────── Follower ── terminal
                        └───── tape.kbt ─────────── kbview tape.kbt, while looking around alone

The hub has a thread of its own. A follower can send answers to questions and nothing else; whatever
else arrives closes its connection. A follower that does not read is skipped until it reads again,
and then gets the whole screen. Names are asked for by no part of this.
"""
