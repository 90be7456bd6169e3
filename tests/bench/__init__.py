"""Benchmarks against the peer, in one run on one machine. Not part of the tests."""
