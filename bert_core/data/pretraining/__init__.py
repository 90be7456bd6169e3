"""Plain text to pre-training instances: masked words and next-sentence pairs, as BERT's were made.

The reference is ``create_pretraining_data.py`` of google-research/bert. For the same text,
vocabulary, settings and seed the instances are the same, in the same order; but the text goes
through files instead of lists, so that memory does not grow with it.

- :mod:`.build`: makes a store of instances; :mod:`.store`: reads one.
- :mod:`.export`: instances as JSON lines.
- :mod:`.vocabulary`: learns a new vocabulary from a text.
"""
