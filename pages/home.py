"""Home: a guided tour, what is loaded, and what its numbers do not tell."""

import streamlit as st

from pages._home import drawing, loaded, tour

st.title("BERT Explorer", anchor=False)
st.markdown(
    "BERT reads a text from both sides at once. One encoder, many small questions to it: which "
    "word is missing, what does it attend to, does this follow, where is the answer?"
)
drawing.let_it_draw()
st.subheader("Five things to try", anchor=False)
tour.cards()
st.subheader("What is loaded", anchor=False)
loaded.models()
st.subheader("What the numbers do not tell", anchor=False)
st.markdown(
    "- **Attention is not an explanation.** It says where a head looks, not what the answer owes "
    "to it. The same page leaves each word out in turn and shows what really changes.\n"
    "- **A probability is the model's, not the world's.** 90\N{NO-BREAK SPACE}% means that "
    "the model would put this word here, whether or not it is true, and it repeats the habits of "
    "the texts it has read.\n"
    "- **The next-sentence score is mostly about topic.** It was trained to tell a neighbour from "
    "a sentence of another document.\n"
    "- **A small model knows little.** Grammar and topic come out well, facts only in part. Any "
    "BERT, DistilBERT or RoBERTa checkpoint can take its place in the sidebar."
)
st.subheader("Yours to keep", anchor=False)
st.markdown(
    "Everything runs on this machine, with the network cut if you like. Every number can be "
    "downloaded, linked to, and had from Python or the command line."
)
# Within a line: a block of code waits for 1.5 MiB of JavaScript, which colours programs.
st.markdown('`python -m bert_core fill "She won the [MASK] prize in physics." --json`')
