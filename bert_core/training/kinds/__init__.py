"""The kinds of question that a head is trained for: how to read, encode and measure each."""
