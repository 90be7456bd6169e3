"""Home: what this is, and where to begin."""

import streamlit as st

from bert_core.examples import examples

CARDS = (
    ("Two sentences", "A gap, and a second sentence that helps to fill it.", None),
    ("Two masks", "Two gaps that have to agree. Four ways to fill them.", None),
    ("Second album", "How surprised is BERT by each word of a sentence?", "Surprise"),
    ("Pronoun", "Whom does BERT expect in which profession? Signed log-odds.", "Templates"),
)

st.title("BERT Explorer", anchor=False)
st.markdown(
    "BERT reads a sentence from both sides at once. Hide a word and see what it would put "
    "there, how sure it is, in which layer the answer takes shape, and what one side alone "
    "would have said."
)
st.subheader("Begin with a worked example", anchor=False)
ready = examples("masked_word")
for row in (CARDS[:2], CARDS[2:]):
    for column, (name, sentence, panel) in zip(st.columns(2), row, strict=True):
        example = ready[name]
        query = {"text": example.text, "pair": example.pair}
        query |= {"show": panel} if panel else {}
        with column.container(border=True, height="stretch"):
            st.code(f"{example.text} {example.pair}", language=None, wrap_lines=True)
            st.markdown(sentence)
            st.page_link("masked_word.py", label="Open", icon=":material/arrow_forward:",
                         query_params=query)  # fmt: skip
st.subheader("Watch it attend", anchor=False)
with st.container(border=True):
    st.markdown("Every layer and every head of a text on one grid, each with its exact weights.")
    st.page_link("attention.py", label="Attention", icon=":material/grid_view:")
st.subheader("Ask a document", anchor=False)
with st.container(border=True):
    st.markdown(
        "Paste or upload a text and ask: the answer in its place, how sure the model is, what else "
        "it considered, and why. Or score a reader on a whole SQuAD file."
    )
    st.page_link("question_answering.py", label="Question answering",
                 icon=":material/contact_support:")  # fmt: skip
st.subheader("Teach it something", anchor=False)
with st.container(border=True):
    st.markdown(
        "A table of labelled sentences, a CoNLL file, questions on a text, or plain text: check "
        "it, train on it, watch, stop, resume, compare, and try the result."
    )
    st.page_link("fine_tune.py", label="Fine-tune", icon=":material/fitness_center:")
st.subheader("Yours to keep", anchor=False)
st.markdown(
    "Everything runs on this machine, with the network cut if you like: a small BERT of our own "
    "is built in, and any BERT, DistilBERT or RoBERTa checkpoint can take its place in the "
    "sidebar. Every number can be downloaded, linked to, and had from Python or the command line."
)
st.code('python -m bert_core fill "She won the [MASK] prize in physics." --json', language="bash")
