"""The log: appended to, signed, served and witnessed."""
