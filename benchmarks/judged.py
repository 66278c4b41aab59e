"""Published figures of judged benchmarks, again from the stored verdicts of their judges.

    python -m benchmarks.judged [--only ko-arena-hard,alpaca-eval,…] --out benchmarks/judged.md

Nobody is asked. Ours, theirs, the difference, and why. Half a minute of CPU, most of it the fits with one
model left out.
"""

from __future__ import annotations

import csv
import gzip
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import spearmanr

from benchmarks.recorded_systems import SHARED
from benchmarks.sections import write_parts
from harness.extraction.verdicts import verdict_of
from harness.judging import alpaca_eval, arena
from harness.judging.arena import Rules
from harness.judging.votes import Vote, read_votes
from harness.reports.writers.markdown import table
from harness.stats import bradley_terry, prediction_powered

OUT = Path(__file__).with_name("judged.md")
REPLIES = SHARED / "replies"
DRAWS = 1000


def main() -> None:
    """Run the parts that are asked for and write their sections."""
    parts = {
        "ko-arena-hard": ko_arena_hard,
        "alpaca-eval": alpaca_eval_rates,
        "logickor": logickor,
        "komt-bench": komt_bench,
        "prediction-powered": prediction_powered_coverage,
    }
    write_parts("judged", parts, OUT, __doc__)


def lines(path: Path) -> list[Any]:
    """Return the JSON objects of a file, one a line feed: a line may hold U+2028."""
    text = gzip.decompress(path.read_bytes()).decode("utf-8-sig")
    return [json.loads(line) for line in text.split("\n") if line.strip()]


# Ko-Arena-Hard

ARENA = REPLIES / "ko_arena_hard"
BASELINE = "claude-3.7-sonnet"
STYLE = ("tokens", "headers", "lists", "bold")


def published(name: str) -> dict[str, dict[str, str]]:
    """Return their board, model → row."""
    with (ARENA / f"published_{name}_control.csv").open(encoding="utf-8-sig") as file:
        return {row["model"]: row for row in csv.DictReader(file)}


def arena_votes() -> Iterator[Vote]:
    """Yield both games of each question; a game that is missing is the first one again, as theirs is."""
    base = json.loads((ARENA / f"BASELINE_{BASELINE}_style.json").read_text())
    for path in sorted(ARENA.glob("*.jsonl.gz")):
        model = path.name.removesuffix(".jsonl.gz")
        if model == BASELINE:
            continue  # against itself: 50 by definition
        for answer in lines(path):
            question = answer["question_id"]
            mine = answer["style"] and tuple(float(answer["style"][one]) for one in STYLE)
            other = tuple(float(base[question][one]) for one in STYLE)
            games = (answer["games"] * 2)[:2]
            yield Vote(question, BASELINE, model, verdict_of(games[0]), "", other, mine)
            yield Vote(question, model, BASELINE, verdict_of(games[1]), "", mine, other)


def ko_arena_hard() -> Iterator[str]:
    """Yield no_control, intervals, the place, and style control."""
    votes = list(arena_votes())
    rules = Rules(baseline=BASELINE, strong=3.0, place=False, draws=DRAWS)
    found, theirs = arena.arena(votes, rules), published("no")
    rows, widths, off = [], [], []
    for one in found.standings:
        assert one.score is not None
        assert one.score.low is not None
        assert one.score.high is not None
        if one.system == BASELINE:
            continue
        row = theirs[one.system]
        low, high = float(row["rating_q025"]), float(row["rating_q975"])
        widths.append((one.score.high - one.score.low) / (high - low))
        off.append(one.score.value - float(row["score"]))
        ours = f"{one.score.value:.2f} [{one.score.low:.1f}, {one.score.high:.1f}]"
        rows.append(
            [one.system, ours, f"{float(row['score']):.2f} [{low:.1f}, {high:.1f}]", f"{off[-1]:+.3f}"]
        )
    yield (
        f"{len(rows)} models against {BASELINE}, {found.questions} questions, two games each, "
        "`>>` counts three. "
        f"Largest difference {max(map(abs, off)):.4f}."
    )
    yield ""
    yield why_narrow(votes, np.array(widths))
    yield ""
    yield table(["model", "ours", "published", "difference"], rows, names=0)
    yield ""
    yield from place(votes)
    yield ""
    yield from style_control(votes)


def why_narrow(votes: list[Vote], widths: np.ndarray) -> str:
    """Return by what factors of width their intervals differ from ours (medians over the models)."""
    theirs, rows, games = published("no"), [], []
    by_model: dict[str, list[tuple[float, float]]] = {}
    for vote in votes:
        assert vote.verdict is not None
        won = vote.verdict.share if vote.second == BASELINE else 1 - vote.verdict.share
        model = vote.first if vote.second == BASELINE else vote.second
        by_model.setdefault(model, []).append((won, 3.0 if vote.verdict.strong else 1.0))
    for model, pairs in by_model.items():
        won, weight = np.array(pairs).T
        n, squares = weight.sum(), (won - np.average(won, weights=weight)) ** 2
        width = float(theirs[model]["rating_q975"]) - float(theirs[model]["rating_q025"])
        rows.append(2 * 196 * (weight @ squares) ** 0.5 / n / width)
        games.append(2 * 196 * (weight**2 @ squares) ** 0.5 / n / width)
    whole, row, game = (float(np.median(values)) for values in (widths, rows, games))
    return (
        f"Our intervals, by question, are {whole:.2f} times as wide as theirs (median). A factor "
        f"of {game / row:.2f} is "
        f"that each `>>` is drawn as three rows of their own, {whole / game:.2f} that a "
        "question's two games are drawn "
        f"apart; {row:.2f} is left over, of which theirs tell that the baseline's own quantile is taken away."
    )


def place(votes: list[Vote]) -> Iterator[str]:
    """Yield what standing first is worth to these judges."""
    leads: dict[str, list[float]] = {}
    for vote in votes:
        assert vote.verdict is not None
        leads.setdefault(vote.question, []).append(np.sign(vote.verdict.share - 0.5))
    by_question = 100 * np.array([np.mean(values) for values in leads.values()])
    half = 1.96 * by_question.std(ddof=1) / len(by_question) ** 0.5
    yield (
        f"**Place.** The reply shown first wins {by_question.mean():.1f} ± {half:.1f} points "
        "oftener than the second "
        f"({len(votes):,} games, interval by question)."
    )


def style_control(votes: list[Vote]) -> Iterator[str]:
    """Yield the scores at equal style, and how far they move when one model is left out."""
    known = [vote for vote in votes if vote.first_style and vote.second_style]
    rules = Rules(baseline=BASELINE, strong=3.0, place=False, style=True)
    models = sorted({name for vote in known for name in (vote.first, vote.second)} - {BASELINE})
    ours, theirs = scores_at_equal_style(known, rules), published("style")
    here = np.array([ours[model] for model in models])
    there = np.array([float(theirs[model]["score"]) for model in models])
    moves = {}
    for left_out in models:
        rest = scores_at_equal_style([v for v in known if left_out not in (v.first, v.second)], rules)
        moves[left_out] = max(abs(rest[model] - ours[model]) for model in rest)
    farthest = int(np.abs(here - there).argmax())
    most = max(moves, key=lambda model: moves[model])
    yield (
        f"**Style control**, a converged fit of {len(models)} models at equal length, headers, "
        "lists and bold: Spearman "
        f"{spearmanr(here, there)[0]:.5f} with theirs, largest difference {np.abs(here - there).max():.2f} "
        f"({models[farthest]}), mean {np.abs(here - there).mean():.2f}. A score moves by up to "
        f"{moves[most]:.2f} when one "
        f"model ({most}) is left out: the coefficients are shared. Theirs is a fit of more models "
        "than are here; what else the "
        "difference is made of cannot be told from what was published."
    )


def scores_at_equal_style(votes: list[Vote], rules: Rules) -> dict[str, float]:
    """Return each model's expected wins over the baseline of 100, at equal style."""
    systems = sorted({name for vote in votes for name in (vote.first, vote.second)})
    fit = bradley_terry.fit(arena.games_of(votes, systems, rules)[0])
    assert isinstance(fit, bradley_terry.Fit)
    at = systems.index(BASELINE)
    return {
        name: 100 * float(fit.expected()[number, at]) for number, name in enumerate(systems) if number != at
    }


# AlpacaEval


def alpaca_eval_rates() -> Iterator[str]:
    """Yield win rates and standard errors beside their board's."""
    folder, rows, off = REPLIES / "alpaca_eval", [], []
    with (folder / "leaderboard.csv").open(encoding="utf-8-sig") as file:
        theirs = {row[""]: row for row in csv.DictReader(file)}
    for path in sorted(folder.glob("*.jsonl.gz")):
        votes = read_votes([path])
        (one,) = alpaca_eval.rates(votes, votes[0].first, None)
        row = theirs[path.name.removesuffix(".jsonl.gz")]
        value, stderr = float(row["win_rate"]), float(row["standard_error"])
        off += [one.plain.value - value, one.plain.stderr - stderr]
        rows.append(
            [
                *(path.name.removesuffix(".jsonl.gz"), f"{one.plain.value:.4f} ± {one.plain.stderr:.4f}"),
                *(f"{value:.4f} ± {stderr:.4f}", f"{one.plain.n}"),
            ]
        )
    yield f"Win rate and standard error of six models; largest difference {max(map(abs, off)):.1e}."
    yield ""
    yield table(["model", "ours", "published", "verdicts"], rows, names=0)
    yield ""
    yield (
        "Length-controlled: not printed here, as the questions' difficulties and the gamed "
        "baseline's rows are on the "
        "authors' hub only. On these six with made-up ones, ours and `alpaca_eval` 0.6.6's own "
        "function are the same "
        "within 0.05: `tox -e arena`."
    )


# LogicKor

FAILED = "Impossible to judge"
TURNS = ("query_single", "query_multi")


def logickor() -> Iterator[str]:
    """Yield the means by category and turn, as score.py takes them, and with failed verdicts unjudged."""
    files = failed = categories = 0
    moved = []
    for path in sorted((REPLIES / "logickor").glob("*/*.jsonl.gz")):
        rows = lines(path)
        theirs, ours, judged = (
            score_py(rows),
            category_means(rows, zeros=True),
            category_means(rows, zeros=False),
        )
        assert theirs == ours, path
        files, categories = files + 1, categories + len(theirs)
        lost = [row for row in rows for turn in TURNS if row[turn]["judge_message"].startswith(FAILED)]
        failed += len(lost)
        if lost:
            before, after = overall(ours), overall(judged)
            name = f"{path.parent.name} {path.name.removesuffix('.jsonl.gz')}"
            moved.append([name, str(len(lost)), f"{before:.3f}", f"{after:.3f}", f"{after - before:+.3f}"])
    yield (
        f"{files} files (53 models, three ways of asking): {categories:,} means by category and "
        "turn, all equal to those of "
        f"`score.py`'s arithmetic. {failed} of the verdicts are failures that were stored as 0; "
        "unjudged instead, these move:"
    )
    yield ""
    yield table(["model", "failed", "zeros in", "unjudged", "difference"], moved, names=0)


Means = dict[tuple[str, str], float]


def score_py(rows: list[Any]) -> Means:
    """Return what their script prints: sums over counts, a category and turn at a time, the total last."""
    scores: dict[tuple[str, str], list[float]] = {}
    for row in rows:
        for turn in TURNS:
            scores.setdefault((row["category"], turn), []).append(row[turn]["judge_score"])
            scores.setdefault(("", turn), []).append(row[turn]["judge_score"])
    return {key: round(sum(values) / len(values), 9) for key, values in scores.items()}


def category_means(rows: list[Any], *, zeros: bool) -> Means:
    """Return the means over the verdicts that were given; a failed one is a zero only if asked for."""
    found: Means = {}
    groups = {row["category"] for row in rows} | {""}
    for group in groups:
        for turn in TURNS:
            values = np.array(
                [
                    np.nan
                    if row[turn]["judge_message"].startswith(FAILED) and not zeros
                    else row[turn]["judge_score"]
                    for row in rows
                    if group in ("", row["category"])
                ]
            )
            found[group, turn] = round(float(np.nanmean(values)), 9)
    return found


def overall(means: Means) -> float:
    """Return the mean of the two turns' totals."""
    return sum(means["", turn] for turn in TURNS) / 2


# KoMT-Bench


def komt_bench() -> Iterator[str]:
    """Yield the means of the two turns, the ratings read from the judge's own words."""
    rows = lines(REPLIES / "komt_bench/gpt-4_single_final.jsonl.gz")
    means = []
    for turn in (1, 2):
        read = [re.findall(r"\[\[(\d+\.?\d*)\]\]", row["judgment"]) for row in rows if row["turn"] == turn]
        means.append(np.mean([float(found[-1]) for found in read if found]))
    yield f"First turn {means[0]:.3f} (published 9.625), second {means[1]:.3f} (9.600)."


# Prediction-powered estimates

ROUNDS, TOTAL = 4000, 1000
# What a judge makes of people's verdicts: yes/no by chances of a yes, 1-10 by a shift, a scale and noise.
WORLDS: dict[str, Callable[[np.random.Generator, np.ndarray], np.ndarray]] = {
    "yes/no, lenient": lambda draw, right: draw.random(right.shape) < np.where(right > 0, 0.9, 0.3),
    "yes/no, even": lambda draw, right: draw.random(right.shape) < np.where(right > 0, 0.9, 0.15),
    "yes/no, strict": lambda draw, right: draw.random(right.shape) < np.where(right > 0, 0.7, 0.1),
    "1-10, generous": lambda draw, right: np.clip(
        np.round(right + draw.normal(0.7, 1.5, right.shape)), 1, 10
    ),
    "1-10, noisy": lambda draw, right: np.clip(np.round(right + draw.normal(0, 1.5, right.shape)), 1, 10),
    "1-10, timid": lambda draw, right: np.round(6 + 0.5 * (right - 6) + draw.normal(0, 1, right.shape)),
}


def prediction_powered_coverage() -> Iterator[str]:
    """Yield how often the intervals hold what people would say on average, beside the judge's own."""
    rows = []
    for name, judge in WORLDS.items():
        draw = np.random.default_rng(0)
        held: dict[int, list[bool]] = {n: [] for n in (50, 100, 200)}
        alone = []
        truth = 0.6 if name.startswith("yes") else None
        for _ in range(ROUNDS):
            if truth is not None:
                right = (draw.random(TOTAL) < truth) * 1.0
            else:
                right = np.clip(np.round(draw.normal(6.0, 2.0, TOTAL)), 1, 10)
            judged = judge(draw, right) * 1.0
            for n, found in held.items():
                labels = np.asarray(right[:n], np.float64)
                made = prediction_powered.estimate(labels, judged[:n], judged[n:])
                if made is not None:
                    found.append(made.low <= (truth or 6.0) <= made.high)
            half = 1.96 * judged.std() / TOTAL**0.5
            alone.append(abs(judged.mean() - (truth or 6.0)) <= half)
        shares = [f"{np.mean(found):.3f}" if found else "" for found in held.values()]
        rows.append([name, *shares, f"{np.mean(alone):.3f}", f"{len(held[50]):,}"])
    yield (
        f"How often a 95 % interval holds the mean that people would give, {ROUNDS:,} rounds of {TOTAL:,} "
        "judged replies; none is printed under 50 labels or 5 disagreements. Where about 7 of 50 disagree, "
        "that a round has 5 at least chooses among rounds: with chances of a yes of 0.95 and 0.3 it "
        "was 0.974 of 4,000 rounds at 50 labels."
    )
    yield ""
    yield table(["world", "50 labels", "100", "200", "the judge alone", "rounds at 50"], rows, names=0)


if __name__ == "__main__":
    main()
