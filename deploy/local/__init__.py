"""Real servers on one machine, as children of the process that starts them."""
