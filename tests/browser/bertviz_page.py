"""A page for the browser tests: bertviz's head view inside the app."""

import streamlit as st

from bert_core.views.bertviz_frames import head_view_html
from tests.unit.bertviz_inputs import made, nasty_tokens

HEIGHT = 300

st.set_page_config(page_title="bertviz")
# With a height, since Streamlit would put a script into the frame to measure it.
st.iframe(head_view_html(made(nasty_tokens())), height=HEIGHT)
