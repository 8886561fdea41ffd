"""How messages tell many faults: the first few are named and the rest counted. Standard library only."""

FEW = 8


def first_few(faults, separator="; ", most=FEW):
    """Some faults in one line, however many there are.

    faults: list of text. Returns `a; b; c; ...; and 492 more`.
    """
    named = [str(fault) for fault in faults[:most]]
    if len(faults) > most:
        named.append(f"and {len(faults) - most} more")
    return separator.join(named)
