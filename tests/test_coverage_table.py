"""The committed table of coverage keeps to what is promised, but for rows that are told of with it."""

from __future__ import annotations

from benchmarks.coverage_bounds import TABLE, exempt, outside, rows

# More than it need be: of twenty pairs near 1, whose correlations are skewed, and whose ranks fall short
# of the truth by as much as they scatter; of fifty translations, half of them verbatim.
WIDE = {"pearson", "spearman", "ter"}


def test_whatever_chance_does_not_explain_is_known():
    known = list(rows(TABLE.read_text(encoding="utf-8")))
    assert len(known) > 400
    beyond = {row.metric for row in known for _, chance in outside(row) if not chance}
    assert beyond <= WIDE


def test_every_row_that_prints_an_interval_covers():
    for row in rows(TABLE.read_text(encoding="utf-8")):
        short = [what for what, chance in outside(row) if "less than" in what and not chance]
        assert not short, row


def test_a_row_outside_is_told():
    (row,) = rows("| pearson | 0.99 | 20 | 20.0 | 0.890 |  | 0.0235 | 1.30 | 1.02 | 2000 |")
    assert [what for what, _ in outside(row)] == [
        "covered 0.890, less than 0.92",
        "1.30 times as wide as with a whole imaginary unit",
    ]
    assert not any(chance for _, chance in outside(row))


def test_what_is_exempt_is_told_with_its_number():
    wilson, texts, many = rows(
        "| accuracy | 0.99, exactly | 10 | 0.1 | 0.904 |  | 0.2882 | 0.90 | 2.34 |  |\n"
        "| perplexity | skewed | 20 | 20.0 | 0.905 |  | 21.9 | 1.00 | 1.10 | 2000 |\n"
        "| perplexity | skewed | 50 | 50.0 | 0.905 |  | 11.9 | 1.00 | 1.10 | 2000 |"
    )
    assert [exempt(row) for row in (wilson, texts, many)] == ["covered 0.904", "covered 0.905", ""]
    assert not list(outside(texts))
    assert list(outside(many))
