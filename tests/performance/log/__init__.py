"""The benchmark of the log: appending, searching and proving, beside what does less."""
