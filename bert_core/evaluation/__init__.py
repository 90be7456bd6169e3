"""A whole file of questions: read by a model or taken from somebody's predictions, and scored."""
