"""One question to BERT each."""
