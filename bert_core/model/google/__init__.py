"""Google's TensorFlow releases of BERT, turned into model folders without TensorFlow."""
