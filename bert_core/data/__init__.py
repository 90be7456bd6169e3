"""Files of people: read, checked, and turned into examples. No model is needed for any of it."""
