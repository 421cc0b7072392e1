"""What our way is measured beside: the same four hops, done by others with a workload of their own.

These modules run in a virtual environment of their own (`peers.lock`), never in the project's.
"""
