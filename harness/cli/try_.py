"""`harness try`: one's own text through the whole road."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

from harness.api_keys import redacted
from harness.cli.output import emit, fail, headed, print_json, show
from harness.errors import BadInput, Unavailable
from harness.options.flags import Flag, Positional
from harness.options.running import RunOptions
from harness.options.shared import Json
from harness.terminal import is_console, printable, printable_lines, say, spoken

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.evaluation.ask_texts import Tried
    from harness.models.ngrams import NgramWeight


SUMMED = 10  # words shown of a sum, king - man + woman


def try_(
    options: RunOptions,
    texts: Annotated[
        list[str] | None,
        Positional(
            "TEXT",
            help="a text, or field=value each, or JSON; else stdin, a line each",
            ko="글, 또는 필드=값, 또는 JSON; 없으면 표준 입력을 한 줄씩 읽음",
        ),
    ] = None,
    nearest: Annotated[
        int,
        Flag(
            "--nearest",
            least=0,
            metavar="N",
            help="the N words nearest to each TEXT instead, or to a sum: 'king - man + woman'",
            ko="답 대신, 각 TEXT나 낱말의 합('왕 - 남자 + 여자')에 가장 가까운 낱말 N개",
        ),
    ] = 0,
    weights: Annotated[
        int,
        Flag(
            "--weights",
            least=0,
            metavar="N",
            help="the N n-grams that weigh most in each TEXT, by tf-idf",
            ko="답 대신, 각 TEXT에서 tf-idf 가중치가 가장 큰 n-gram N개",
        ),
    ] = 0,
    json: Json = False,
) -> int:
    """Ask a system about texts of your own.

    Each is shown as it goes the whole road: prompt, answer, probabilities, time and cost.
    """
    from harness.backends import allowed_endpoints
    from harness.cli.inputs import example, inputs
    from harness.cli.planning import reporter, require_named
    from harness.evaluation import ask_texts
    from harness.evaluation.progress import display
    from harness.models.word_arithmetic import is_sum

    allowed_endpoints.allow(options.allow_endpoint)
    report = reporter(options)
    require_named(options)
    plan = ask_texts.single_plan(replace(options, limit=1, latency=True), report)
    lines = texts or _lines()
    if not lines:
        raise BadInput("give a TEXT, or lines on standard input")
    show = display(quiet=options.quiet)
    if not nearest and all(map(is_sum, lines)) and ask_texts.knows_neighbours(plan):
        nearest = SUMMED
    if nearest:
        return _print_nearest(ask_texts.nearest(plan, lines, nearest, show, report), json=json)
    if weights:
        return _print_weights(ask_texts.weights(plan, lines, weights, show, report), json=json)
    given = enumerate(inputs(lines, plan.task.file))
    examples = [(text, example(number, fields, plan.task.file)) for number, (text, fields) in given]
    return _print(ask_texts.ask(plan, examples, show, report), json=json)


def _lines() -> list[str]:
    """Return the lines of standard input that hold something."""
    if sys.stdin is None:
        return []
    if sys.stdin.isatty():
        say("one text a line; Ctrl-D ends")
    return [line for line in sys.stdin.read().split("\n") if line.strip()]


def _print_nearest(found: Mapping[str, Sequence[tuple[str, float]]], *, json: bool) -> int:
    """Print the words nearest to each text, a line a text."""
    if json:
        print_json({"nearest": {text: [[word, near] for word, near in said] for text, said in found.items()}})
        return 0
    for text, said in found.items():
        words = ", ".join(f"{word} {near:.2f}" for word, near in said) or spoken("nothing is known of it")
        emit(printable(f"{text} → {words}"))
    return 0


def _print_weights(found: Mapping[str, Sequence[NgramWeight]], *, json: bool) -> int:
    """Print the weights of each text's n-grams, a table a text."""
    from harness.reports.writers.blocks import TableBlock
    from harness.text.width import padded

    if json:
        print_json({"weights": {text: [one._asdict() for one in rows] for text, rows in found.items()}})
        return 0
    header = ["n-gram", "times", "idf", "weight"]
    for text, rows in found.items():
        cells = [[repr(one.ngram), str(one.times), f"{one.idf:.3f}", f"{one.weight:.3f}"] for one in rows]
        if is_console(sys.stdout):
            emit(printable(text))
            show([TableBlock(headed(header), cells, names=0)])
            continue
        lines = padded([header, *cells], [False, True, True, True])
        emit(printable(text) + "\n" + "\n".join("  " + "  ".join(line).rstrip() for line in lines))
    return 0


def _print(tried: Sequence[Tried], *, json: bool) -> int:
    """Print each answer with its probabilities and time; return 3 if a request failed."""
    if json:
        print_json({"answers": [_plain(one) for one in tried]})
    else:
        emit(printable_lines(redacted("\n".join(map(_told, tried)))))
    failures = [one.response.error for one in tried if one.response.error is not None]
    if failures:
        last = failures[-1]
        fail(f"{len(failures)} of {len(tried)} requests failed; the last: {last.kind}: {last.message}")
    return Unavailable.exit_code if failures else 0


def _told(one: Tried) -> str:
    """Return `text → answer 99 %` and, for systems that read a prompt, the prompt."""
    sent = one.request.sent()
    prompt = sent.get("prompt") or "\n".join(m["content"] or "" for m in sent.get("messages", []))
    head = f"{prompt}\n" if prompt else ""
    if one.response.error is not None:
        return (
            f"{head}{one.text} → {spoken('failed')}: {one.response.error.kind}: {one.response.error.message}"
        )
    said = "" if one.response.text is None else f"   {spoken('said')} {one.response.text!r}"
    shares = one.probabilities
    sure = f" {_percent(shares[one.answer])}" if one.answer in shares else ""
    others = ", ".join(f"{text} {_percent(share)}" for text, share in shares.items() if text != one.answer)
    seconds = one.response.timing.e2e if one.response.timing else None
    time = f"   {1000 * seconds:.1f} ms" if seconds is not None else ""
    answer = spoken("no answer") if one.prediction is None else one.answer
    cost = f"   {one.cost}" if one.cost is not None else ""
    return f"{head}{one.text} → {answer}{sure}{f'   ({others})' if others else ''}{said}{time}{cost}"


def _percent(share: float) -> str:
    """Return a share in per cent that never rounds to a certainty nobody has."""
    if share >= 0.9995:
        return ">99.9 %"
    if share < 0.0005:
        return "<0.1 %"
    return f"{100 * share:.1f} %" if not 0.005 <= share < 0.995 else f"{100 * share:.0f} %"


def _plain(one: Tried) -> dict[str, Any]:
    from harness.records.record_values import response_values

    return {
        "request": one.request.sent(),
        "answer": one.answer,
        "prediction": one.prediction,
        "probabilities": one.probabilities,
        "response": response_values(one.response),
        "cost": None if one.cost is None else float(one.cost.amount),
        "currency": None if one.cost is None else one.cost.currency,
    }
