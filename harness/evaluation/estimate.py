"""What a run would take before it is started: requests, tokens, money and time.

Every prompt is rendered. Its tokens are counted where a tokenizer is known; else they are learnt from the
answers that are kept of this run's requests, a pilot's among them; else guessed from its characters.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from typing import Any, NamedTuple

from harness.adapters.base import Adapter, Capability
from harness.adapters.remote.base import CONCURRENCY
from harness.costs.money import Currency
from harness.costs.prices import TokenPrice, price
from harness.costs.token_bounds import generates_text, max_completion_tokens, text_of
from harness.errors import Unavailable
from harness.evaluation import adapter_lifecycle as engines
from harness.evaluation.indexing import index_corpus
from harness.evaluation.plan import Plan
from harness.evaluation.wrappers.compose import kept, wrapped
from harness.evaluation.wrappers.readable import UNREAD
from harness.schema import Exchange, Request, Response
from harness.stats.prediction_intervals import Range, by_line, by_mean, exactly
from harness.tasks.task import settled

# What a chat format puts around each message and the reply, in tokens; OpenAI's, and near to others.
PER_MESSAGE, PER_REPLY = 4, 3
# Tokens a character: of ASCII, and of Hangul and all else; few, expected, many among today's tokenizers.
ASCII, OTHER = (0.18, 0.27, 0.45), (0.35, 0.75, 1.6)

# What is known of a judge before it was asked: as if so many replies had been seen, such a share unread.
USUAL, USUALLY_UNREAD = 10, 0.02

CountTokens = Callable[[str], int]


@dataclass(frozen=True)
class Estimate:
    """What is still to be asked of one plan, what it would cost and how long it would take.

    `kept` answers are known already and cost nothing; the other figures leave them out. `counted` says how
    prompt tokens are known: `tokenizer`, `observed` (from answers), `characters`, or None where nothing is
    read by the token. `cost` is in `currency`, None where nobody knows the price or nothing is billed.
    `timed_by` is the earlier run whose speed the time is by. `again` is how often a request is asked until
    its reply can be read; tokens, cost and time have it in.
    """

    plan: Plan
    requests: int
    kept: int
    counted: str | None
    prompt_tokens: Range | None
    output_tokens: Range | None
    price: TokenPrice | None
    cost: Range | None
    seconds: Range | None
    pilot: int = 0
    pilot_cost: float | None = None
    timed_by: str | None = None
    again: Range = field(default_factory=lambda: exactly(1.0))

    @property
    def currency(self) -> Currency:
        """Return what `cost` is in; an hour is paid for in dollars."""
        return self.price.currency if self.price else "USD"

    @property
    def billed(self) -> bool:
        """Return whether the run is billed at all: a server's answers are, or may be."""
        return self.price is not None or self.plan.backend.entry.remote


class Pilot(NamedTuple):
    """Answers to a few of the requests, and the seconds that all of them took together."""

    answers: list[Response]
    seconds: float
    unread: int = 0


@dataclass
class _Survey:
    """The requests of a plan: the sizes of those to be asked, and what the known answers say."""

    sizes: list[float] = field(default_factory=list)
    characters: list[tuple[int, int]] = field(default_factory=list)
    known_sizes: list[float] = field(default_factory=list)
    read: list[float] = field(default_factory=list)
    written: list[float] = field(default_factory=list)
    cached: list[float] = field(default_factory=list)
    kept: int = 0
    replies_before: int = 0  # that will stand in the prompts of later turns, and that nobody knows yet

    def add(self, size: float, text: str) -> None:
        """Take a request down that is still to be asked."""
        self.sizes.append(size)
        plain = len(text.encode("ascii", "ignore"))
        self.characters.append((plain, len(text) - plain))

    def learn(self, size: float, answer: Response) -> None:
        """Take down what an answer says of its request's tokens."""
        usage = answer.usage if answer.usage and not answer.usage.estimated else None
        if usage is not None and usage.prompt_tokens is not None:
            self.known_sizes.append(size)
            self.read.append(usage.prompt_tokens)
            if usage.cached_tokens is not None and usage.prompt_tokens:
                self.cached.append(min(1.0, usage.cached_tokens / usage.prompt_tokens))
        if usage is not None and usage.completion_tokens is not None:
            self.written.append(usage.completion_tokens)


def estimate(
    plan: Plan,
    pilot: int = 0,
    count: CountTokens | None = None,
    unseen: Range | None = None,
    again: Range | None = None,
) -> Estimate:
    """Return what the plan would take; up to `pilot` requests are asked for that, and their answers kept.

    `count` counts the tokens of a text where the user named a tokenizer. `unseen` are prompt tokens that come
    beside those of the prompts as they can be rendered now, `again` how often a request is asked until its
    reply can be read, where an earlier estimate told.

    Raises:
        Unavailable: the backend cannot be made ready, or answers none of the pilot.
    """
    engine = engines.create_adapter(plan.backend, plan.profile)
    try:
        with engines.adapter_errors(plan.backend.name):
            identity = engine.identity()
            own = engine.count_tokens if engine.can(Capability.COUNT_TOKENS) else None
            asks = pilot and not plan.backend.entry.learns  # what learns would have to be fitted first
            done = _piloted(engine, plan, identity, pilot, own) if asks else Pilot([], 0.0)
            found = _survey(engine, plan, identity, {one.key: one for one in done.answers}, own, count or own)
    finally:
        engines.close_adapter(plan.backend.name, engine)
    return _estimated(
        plan, found, done, count or own, unseen or exactly(0), again or _asked_again(plan, done)
    )


def requests(
    plan: Plan,
    count: CountTokens | None = None,
    answered: Callable[[Request], Response | None] = lambda _request: None,
) -> Iterator[Request]:
    """Yield every request of a plan, in data order; before a later turn stand those before it.

    Of a reply that nobody knows yet, as `answered` says, there is nothing in a later turn's prompt.
    """
    prompts, turned = plan.prompts(count), plan.task.file.turns is not None and plan.task.file.world is None
    said: dict[int, tuple[Exchange, ...]] = {}
    for example in plan.evaluated():
        if example.meta.get("turn") == "1":
            said = {}
        for repeat in range(plan.options.repeat if not settled(plan.task, example) else 0):
            request = prompts.request(example, repeat, said.get(repeat, ()))
            yield request
            if turned:
                reply = answered(request)
                exchange = (request.parts.query, (reply.text if reply else None) or "")
                said[repeat] = (*said.get(repeat, ()), exchange)


def _piloted(
    engine: Adapter, plan: Plan, identity: Mapping[str, Any], pilot: int, count: CountTokens | None
) -> Pilot:
    """Return answers to requests spread evenly over the data, and the seconds that all took together."""
    if not plan.task.file.steps:
        total, candidates = plan.total, requests(plan, count)
    else:  # a later turn cannot be asked before an earlier one
        firsts = [one for one in requests(plan, count) if one.example.meta["turn"] == "1"]
        total, candidates = len(firsts), iter(firsts)
    wanted = min(pilot, total)
    places = {place * total // wanted for place in range(wanted)}
    chosen = [one for place, one in enumerate(candidates) if place in places]
    engine.prepare()
    index_corpus(plan, engine)
    began = time.perf_counter()
    with wrapped(engine, plan, identity) as asked:
        answers = list(asked.answer(iter(chosen)))
    seconds = time.perf_counter() - began
    failures = [answer.error for answer in answers if answer.error is not None]
    if len(failures) == len(answers):
        last = f": {failures[-1].kind}: {failures[-1].message}" if failures else ""
        raise Unavailable(f"{plan.backend.name} answered none of the {wanted} requests of the pilot{last}")
    unread = sum(failure.kind == UNREAD for failure in failures)
    return Pilot([answer for answer in answers if answer.error is None], seconds, unread)


def _survey(
    engine: Adapter,
    plan: Plan,
    identity: Mapping[str, Any],
    asked: Mapping[tuple[str, int], Response],
    own: CountTokens | None,
    count: CountTokens | None,
) -> _Survey:
    found = _Survey()
    reads = not plan.backend.entry.learns
    with kept(engine, plan, identity) as look_up:
        known = partial(_known_answer, asked, look_up)
        for request in requests(plan, own, known):
            answer = known(request)
            text = text_of(request) if reads else ""
            size = count(text) if count and reads else len(text.encode())
            if answer is not None:
                found.learn(size, answer)
            if answer is not None and plan.keeps_answers:
                found.kept += 1
            else:
                found.add(size, text)
                if reads and plan.task.file.world is not None:
                    found.replies_before += int(request.example.meta["turn"]) - 1
                elif reads and plan.task.file.turns is not None:
                    found.replies_before += sum(not reply for _, reply in request.parts.history)
    return found


def _known_answer(
    asked: Mapping[tuple[str, int], Response], look_up: Callable[[Request], Response | None], request: Request
) -> Response | None:
    return asked.get(request.key) or look_up(request)


def _estimated(
    plan: Plan, found: _Survey, pilot: Pilot, count: CountTokens | None, unseen: Range, again: Range
) -> Estimate:
    billed = price(plan.backend)
    how, read = _read(plan, found, count)
    if read is not None and found.replies_before:
        read += _replies(plan, found)
    read = None if read is None else read + unseen
    written = _written(plan, found)
    seconds = _seconds(plan, len(found.sizes), pilot)
    read, written, seconds = (None if one is None else one.by(again) for one in (read, written, seconds))
    hourly = plan.backend.file.price.usd_per_hour
    asked = [one for one in pilot.answers if not one.cached]
    pilot_cost = sum((billed.of(one.usage) or Decimal(0) for one in asked), Decimal(0)) if billed else None
    return Estimate(
        plan=plan,
        requests=len(found.sizes),
        kept=found.kept,
        counted=how,
        prompt_tokens=read,
        output_tokens=written,
        price=billed,
        cost=_hourly(hourly, seconds) if hourly is not None else _cost(billed, found, read, written),
        seconds=seconds,
        pilot=len(asked),
        pilot_cost=float(pilot_cost) if pilot_cost is not None else None,
        again=again,
    )


def _read(plan: Plan, found: _Survey, count: CountTokens | None) -> tuple[str | None, Range | None]:
    """Return how the prompt tokens are known, and their sum."""
    if not plan.backend.entry.remote and count is None:
        return None, None
    observed = by_line(found.known_sizes, found.read, found.sizes)
    if observed is not None:
        return "observed", observed
    around = len(found.sizes) * (PER_REPLY + PER_MESSAGE * _messages(plan))
    if count is not None:
        return "tokenizer", exactly(sum(found.sizes) + around)
    plain, other = (sum(column) for column in zip(*found.characters, strict=True))
    low, value, high = (plain * a + other * b + around for a, b in zip(ASCII, OTHER, strict=True))
    return "characters", Range(low, value, high)


def _asked_again(plan: Plan, pilot: Pilot) -> Range:
    """Return how often each request is asked, where one whose reply cannot be read is asked again.

    As in the pilot, with Wilson's (1927) 95 % interval of the share. What to expect leans on ten replies of
    other judges, one in fifty of them unread: of 20 replies none or one tells little. Once without a pilot.
    """
    from harness.stats.intervals import wilson

    asked = len([one for one in pilot.answers if not one.cached]) + pilot.unread
    if plan.task.file.on_unread != "failed" or not asked:
        return exactly(1.0)
    low, high = wilson(pilot.unread, asked)
    expected = (pilot.unread + USUAL * USUALLY_UNREAD) / (asked + USUAL)
    return Range(*(1 / (1 - min(share, 0.9)) for share in (low, max(low, expected), high)))


def _replies(plan: Plan, found: _Survey) -> Range:
    """Return the tokens of the replies that later turns will read again: as long as was seen, or allowed."""
    most = max_completion_tokens(plan.decoding, plan.backend.settings)
    seen = by_mean(found.written, found.replies_before, most)
    return seen or Range(0, None, None if most is None else most * found.replies_before)


def _messages(plan: Plan) -> int:
    turns = 2 * plan.task.shots if plan.backend.file.shots_as == "turns" else 0
    return 1 + bool(plan.task.template.system) + turns


def _written(plan: Plan, found: _Survey) -> Range | None:
    """Return the sum of the output tokens: bounded by what is allowed, expected as was seen."""
    count = len(found.sizes)
    if not plan.backend.entry.remote:
        return None
    if not generates_text(plan.task.ask, plan.backend.file.choose_by):
        return exactly(0)
    most = max_completion_tokens(plan.decoding, plan.backend.settings)
    observed = by_mean(found.written, count, most)
    return observed or Range(0, None, None if most is None else most * count)


def _hourly(usd: float, seconds: Range | None) -> Range | None:
    return seconds.times(usd / 3600) if seconds is not None else None


def _cost(
    billed: TokenPrice | None, found: _Survey, read: Range | None, written: Range | None
) -> Range | None:
    """Return what is to be paid: at most if nothing is cheaper for having been read before.

    What to expect takes the share that the known answers had from the server's cache, the low end the largest
    share that one of them had.
    """
    count, shares = len(found.sizes), found.cached or [0.0]
    if billed is None or read is None or written is None:
        return None

    def end(tokens: float | None, said: float | None, cached: float) -> float | None:
        if tokens is None or said is None or not count:
            return None if count else 0.0
        return float(billed.expected(count, tokens, said, cached))

    low, most = end(read.low, written.low, max(shares)), None
    assert low is not None
    if read.high is not None and written.high is not None:
        most = float(billed.together(count, read.high, written.high)) if count else 0.0
    return Range(low, end(read.value, written.value, sum(shares) / len(shares)), most)


def _seconds(plan: Plan, count: int, pilot: Pilot) -> Range | None:
    """Return the wall time, by the pilot's. A server's answers are waited for, so many at once.

    An engine here has each its own way to batch: of it only what to expect is known.
    """
    asked = [one for one in pilot.answers if not one.cached]
    if not asked:
        return None
    if not plan.backend.entry.remote:
        return Range(0.0, pilot.seconds / len(asked) * count, None)
    times = [one.timing.e2e for one in asked if one.timing is not None and one.timing.e2e is not None]
    whole = by_mean(times, count)
    return whole.times(1 / concurrency(plan)) if whole is not None else None


def concurrency(plan: Plan) -> int:
    """Return how many calls the run would have in flight: as is said, or as many as is usual."""
    return int(plan.options.concurrency or plan.backend.settings.get("concurrency") or CONCURRENCY)
