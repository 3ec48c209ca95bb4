"""Benchmarks: ratios against a baseline measured in the same run, never absolute times.

``python -m resimate.bench`` prints a table and writes ``build/bench.json``.
"""
