"""Features: hidden states of every line of a file, as extract_features.py of BERT writes them."""
