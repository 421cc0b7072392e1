"""Assignments: who is asked, what they answer, what becomes due, until all is closed."""
