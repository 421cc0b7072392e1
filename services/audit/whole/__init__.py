"""Whether the trail is whole: numbers, tallies, and what must follow what."""
