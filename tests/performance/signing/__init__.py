"""How long an event waits for its signed checkpoint."""
