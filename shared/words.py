"""Numbers in sentences for people."""


def counted(number: int, one: str, several: str) -> str:
    """`1 entry`, `1,204 entries`."""
    return f"{number:,} {one if number == 1 else several}"
