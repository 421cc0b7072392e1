"""The database's roles and schemas."""
