"""The longest common subsequence by whole rows: a row of the table is the bits of one integer.

With t[i][j] the length for the first i tokens of one sequence and j of the other, t grows by 0 or 1 from one
place to the next. A row keeps as ones where it does not grow, and one addition carries the matches over all
of it (Hyyrö 2004, "Bit-parallel LCS-length computation revisited"): a few operations on integers of n bits
in place of n comparisons.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

Places = Mapping[str, int]


def places_of(tokens: Sequence[str]) -> dict[str, int]:
    """Return where each token stands: bit i of its integer is set if `tokens[i]` is that token."""
    places: dict[str, int] = {}
    find, bit = places.get, 1
    for token in tokens:
        places[token] = find(token, 0) | bit
        bit += bit
    return places


def length(places: Places, n: int, others: Sequence[str]) -> int:
    """Return the length of the longest common subsequence of `n` tokens, at their `places`, and `others`."""
    full = row = (1 << n) - 1
    for matches in map(places.get, others):
        if matches is not None:
            met = row & matches
            row = (row + met) | (row - met)  # what is carried beyond n bits never comes back
    return n - (row & full).bit_count()


def chosen(places: Places, n: int, others: Sequence[str]) -> int:
    """Return the places, as bits, of the longest common subsequence that rouge_score takes of several.

    Its walk starts at both ends, takes equal tokens as it meets them, and leaves a token of the first
    sequence, not of `others`, wherever that makes the rest no shorter.
    """
    rows = list(_rows(places, n, others))
    taken, i, j = 0, n, len(others)
    while i and j:
        here = 1 << i - 1
        if places.get(others[j - 1], 0) & here:
            taken |= here
            i, j = i - 1, j - 1
        elif rows[j - 1] & here:  # t[i][j] is t[i - 1][j]: without this token it is as long
            i -= 1
        else:
            j -= 1
    return taken


def _rows(places: Places, n: int, others: Sequence[str]) -> Iterator[int]:
    """Yield the row after each of `others`: bit i - 1 is set where t[i][j] is t[i - 1][j]."""
    full = row = (1 << n) - 1
    for token in others:
        met = row & places.get(token, 0)
        row = ((row + met) | (row - met)) & full
        yield row
