"""Words of the sentences that tell a fault."""

import difflib


def closest(word, words):
    """`did you mean X?` if a known word is near, else the list of what is known."""
    near = difflib.get_close_matches(str(word), [str(w) for w in words], n=1)
    known = ", ".join(sorted(map(str, words)))
    return f"did you mean {near[0]!r}?" if near else f"known: {known or 'none'}"
