"""How Plotly's charts are set up on every page."""

CONFIG = {"displaylogo": False, "showSendToCloud": False}
STILL = {**CONFIG, "displayModeBar": False}
"""Without tools: for a chart that is only looked at."""
