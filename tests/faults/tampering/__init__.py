"""What a superuser can do to the log, ten thousand times over, and who finds it."""
