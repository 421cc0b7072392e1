"""The benchmark of messages: ours beside a bare loop, and what a slow provider delays."""
