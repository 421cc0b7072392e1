"""Is it the same person, where no key says so? Pure: two people in, an explained answer out."""
