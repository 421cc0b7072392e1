"""The trail, as auditors look into it and take it away."""
