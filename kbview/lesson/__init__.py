"""Lessons: a lecture as data, run and checked by the model.

lesson    the format of a file: texts, the state to bring about, claims, predictions
query     an expression over names of figures; readings give the names their values
itinerary the run and the places in it that a step needs; an approach brings a player there
check     runs a lesson and finds each sentence that is not true

A lesson contains no answer: each answer is a query, and the model gives its value.
"""
