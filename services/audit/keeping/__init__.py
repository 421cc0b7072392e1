"""How long content is kept, and how it goes."""
