"""Questions whose answer is a span of a context: windows, decoding and answer texts of run_squad.

The behaviour is that of ``run_squad.py`` in google-research/bert, step by step:
:mod:`.words` splits a context, :mod:`.windows` and :mod:`.features` make the inputs,
:mod:`.decode` ranks the spans, :mod:`.final_text` finds their text in the original, and
:mod:`.export` writes the three files. Nothing here needs more than numpy.
"""
