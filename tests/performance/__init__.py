"""Benchmarks. Nothing here asserts a speed."""
