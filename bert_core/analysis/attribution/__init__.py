"""Attribution: what one output of a task head owes to each word piece that goes in.

- :mod:`.attribute`: the one call.
- :mod:`.outputs`: which output is followed.
"""
