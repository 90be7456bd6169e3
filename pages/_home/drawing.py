"""What is read first is drawn first."""

import time

MOMENT = 0.05
"""Seconds; Streamlit's browser side gathers elements for 0.01 before it draws them."""


def let_it_draw() -> None:
    """Leave a browser the time to draw what it was sent.

    All that comes at once is drawn at once: with the cards of the tour and the figures of the
    models the heading would stand on the page a tenth of a second later.
    """
    time.sleep(MOMENT)
