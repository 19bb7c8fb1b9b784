"""Benchmarks: one JSON line per figure on standard output. Nothing here runs in production."""
