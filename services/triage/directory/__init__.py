"""The directory: teams, practitioners, when they work, who is on call."""
