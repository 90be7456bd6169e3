"""The router: one frame around every page."""

import time

import streamlit as st

from bert_core.settings import PROJECT
from pages._server.watching import drawn, visited
from pages._shared import contrast, gate, link, pace, presenting, sidebar
from pages._shared.models import until_drawn
from pages._shared.sentences import show_notes

ASSETS = PROJECT / "assets"
NEEDS = {"question_answering": "span"}  # pages that are about another head than the masked word
began = time.monotonic()
# Set before the navigation: it would fetch a page's icon from a font server for the browser's tab.
st.set_page_config(page_title="BERT Explorer", page_icon=str(ASSETS / "icon.png"), layout="wide")
st.logo(str(ASSETS / "logo.svg"), size="large", icon_image=str(ASSETS / "icon.png"))
gate.let_in()
# In one list: with sections the library nests what axe calls a broken list.
page = st.navigation(
    [
        st.Page("home.py", title="Home", icon=":material/home:", default=True),
        st.Page("masked_word.py", title="Masked word", icon=":material/edit_square:"),
        st.Page("attention.py", title="Attention", icon=":material/grid_view:"),
        st.Page("words_in_context.py", title="Words in context", icon=":material/scatter_plot:"),
        st.Page("next_sentence.py", title="Next sentence", icon=":material/low_priority:"),
        st.Page(
            "question_answering.py", title="Question answering", icon=":material/contact_support:"
        ),
        st.Page("tokens.py", title="Tokens", icon=":material/data_array:"),
        st.Page("fine_tune.py", title="Fine-tune", icon=":material/fitness_center:"),
        st.Page("api.py", title="API", icon=":material/api:"),
    ]
)
if page.url_path:
    st.set_page_config(page_title=f"{page.title} · BERT Explorer")
link.arrive(page.url_path)
visited(page.url_path)
pace.begin()
problems = link.restore("model", sidebar.FIELDS)
if page.url_path:
    presenting.switch()
    # Home has no such buttons, and would bring a part of Streamlit's browser side.
    contrast.readable()
    sidebar.choose_model(NEEDS.get(page.url_path))
    show_notes(problems)
    page.run()
else:
    page.run()  # the home page is drawn before all else, and before any model is in memory
    presenting.switch()
    began += until_drawn(st.empty())
    sidebar.choose_model()
drawn(page.url_path, time.monotonic() - began)
