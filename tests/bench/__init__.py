"""Benchmarks against the peer, in one run on one machine. Not part of the tests."""

from bert_core.model.devices import polite_threads

polite_threads()  # for both sides alike, before anything imports torch
