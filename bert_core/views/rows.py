"""A row of a table that is exported."""

Row = dict[str, str | int | float | bool | None]
"""Names of columns, units in them, and what stands there, exact."""
