"""The router: one frame around every page."""

import streamlit as st

from bert_core.settings import PROJECT
from pages._shared import link, sidebar
from pages._shared.sentences import show_notes

ASSETS = PROJECT / "assets"
NEEDS = {"question_answering": "span"}  # pages that are about another head than the masked word
# Set before the navigation: it would fetch a page's icon from a font server for the browser's tab.
st.set_page_config(page_title="BERT Explorer", page_icon=str(ASSETS / "icon.png"), layout="wide")
st.logo(str(ASSETS / "logo.svg"), size="large", icon_image=str(ASSETS / "icon.png"))
page = st.navigation(
    [
        st.Page("home.py", title="Home", icon=":material/home:", default=True),
        st.Page("masked_word.py", title="Masked word", icon=":material/edit_square:"),
        st.Page("attention.py", title="Attention", icon=":material/grid_view:"),
        st.Page(
            "question_answering.py", title="Question answering", icon=":material/contact_support:"
        ),
        st.Page("fine_tune.py", title="Fine-tune", icon=":material/fitness_center:"),
    ]
)
if page.url_path:
    st.set_page_config(page_title=f"{page.title} · BERT Explorer")
link.arrive(page.url_path)
problems = link.restore("model", sidebar.FIELDS)
if page.url_path:
    sidebar.choose_model(NEEDS.get(page.url_path))
    show_notes(problems)
    page.run()
else:
    page.run()  # the home page is drawn before any model is in memory
    sidebar.choose_model()
