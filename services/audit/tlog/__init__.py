"""The hash and the formats of a transparency log: what writer, checker and witness share."""
