"""Examples into Requests: cleaning, templates, options, the shots that `fewshot` draws."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, partial
from typing import Any

from harness import seeding as keyed
from harness.adapters.fields import bare_text
from harness.config import templates as templating
from harness.errors import BadInput
from harness.extraction.typed_spans import written
from harness.prompts import tools as offers
from harness.prompts.context_window import most_alike
from harness.prompts.fewshot import FewShot
from harness.schema import Decoding, Example, Exchange, LaterTurn, Option, Parts, Request, Tool, WithTools
from harness.tasks.schema import OptionMarks
from harness.tasks.task import Task
from harness.text.normalize import CLEANERS
from harness.worlds import world as worlds

# What stands for a choice where a model is to say a mark and not the whole of it.
MARKS: dict[OptionMarks, Sequence[str]] = {
    "letter": "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "number": [str(number) for number in range(1, 27)],
    "circled": "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳",
    "hangul": "가나다라마바사아자차카타파하",
}


def _line(option: Option) -> str:
    """Return a choice as a line of the list of choices: `B. 부산`, `② 부산`, or the choice alone."""
    if not option.meaning:
        return option.text
    dot = "" if option.text in MARKS["circled"] else "."
    return f"{option.text}{dot} {option.meaning}"


class Prompts:
    """Renders the requests of one task. `pool` is called once, when a shot is first drawn.

    `instruct` adds the template's instruction: it tells a model how to answer, which it must not
    be told where options are compared by log-probability.
    """

    def __init__(
        self,
        task: Task,
        pool: Callable[[], Sequence[Example]] = tuple,
        *,
        decoding: Decoding = Decoding(),
        instruct: bool = False,
        count_tokens: Callable[[str], int] | None = None,
    ) -> None:
        """Compile the chosen template's texts.

        Raises:
            BadInput: the task bounds its shots in tokens and the backend cannot count them.
        """
        self.task, self.decoding = task, decoding
        template = task.template
        self._query = templating.template(template.query)
        self._instruction = templating.template(template.instruction if instruct else "")
        self._system = templating.template(template.system)
        self._captions = [templating.template(text) for text in template.captions]
        self._options = [(option.label, templating.template(option.text)) for option in task.options]
        varies = any(templating.has_markup(option.text) for option in task.options)
        self._same_options = None if varies else task.options
        self._bounds = (task.file.range[0], task.file.range[1]) if task.file.range else None
        self._cleaners = [CLEANERS[name] for name in task.file.clean]
        self._fewshot = FewShot(task, pool, self._cleaned, self._worked, count_tokens)
        self._turns: dict[int, tuple[str, str]] = {}

    @property
    def name(self) -> str:
        """Return the task's name."""
        return self.task.name

    @property
    def labels(self) -> tuple[str, ...]:
        """Return the options' labels in order; empty where each example has its own."""
        return self.task.labels

    def text(self, example: Example) -> str:
        """Return the bare inputs as one text, a line each, uncleaned."""
        return bare_text(example)

    def request(self, example: Example, repeat: int = 0, history: tuple[Exchange, ...] = ()) -> Request:
        """Return what the example asks; nothing is rendered yet but options that need it.

        `history` is what was said and replied before in its conversation.
        """
        seed = self.task.seed if self.decoding.seed is None else self.decoding.seed
        return Request(
            example,
            partial(self.parts, example, history) if history else partial(self.parts, example),
            captions=partial(self.captions, example),
            ask=self.task.ask,
            options=self.options(example),
            bounds=self._bounds,
            json_schema=self.task.file.json_schema if self.task.holds_schema else None,
            decoding=self.decoding,
            repeat=repeat,
            seed=keyed.number(seed, "request", example.id, repeat),
        )

    def step(self, example: Example, repeat: int, talk: tuple[Mapping[str, Any], ...]) -> Request:
        """Return what an example in a world asks after a talk with calls and results, as OpenAI writes it.

        Without a talk it is the first step, or one that is not asked.
        """
        request = self.request(example, repeat)
        if not talk:
            return request
        return request.rendered_by(lambda: self._with_tools(example, self._insertable(example), talk))

    def said(self, example: Example) -> list[str]:
        """Return what the user says in a world, one text after the other."""
        field = self.task.file.turns
        if not isinstance(field, str):
            return [self._rendered(self._query, self._insertable(example), example.id)]
        texts = example.fields[field]
        inserted = [self._insertable(example) | {field: self._clean(text)} for text in texts]
        return [self._rendered(self._query, fields, example.id) for fields in inserted]

    def parts(self, example: Example, history: tuple[Exchange, ...] = ()) -> Parts:
        """Return the prompt of an example, not yet joined."""
        fields = self._insertable(example)
        template = self.task.template
        if self.task.ask == "call":
            return self._with_tools(example, fields)
        turns = tuple(map(self._turn, self.shots(example)))
        return (partial(LaterTurn, said=history) if history else Parts)(
            query=self._rendered(self._query, fields, example.id),
            delimiter=template.delimiter,
            shots=tuple(f"{query}{template.delimiter}{answer}{template.shot_end}" for query, answer in turns),
            turns=turns,
            instruction=self._rendered(self._instruction, fields, example.id),
            system=self._rendered(self._system, fields, example.id),
        )

    def _with_tools(
        self, example: Example, fields: Mapping[str, Any], talk: tuple[Mapping[str, Any], ...] = ()
    ) -> WithTools:
        """Return the prompt of an example that offers tools, which also reads as text."""
        file, template = self.task.file, self.task.template
        where = f"{self.name}, example {example.id}"
        tools = self._tools(example, where)
        if file.messages:
            talk = offers.talk(example.known.get(file.messages), where)
        own = "\n\n".join(
            [
                *filter(None, [self._rendered(self._system, fields, example.id)]),
                *(str(one["content"] or "") for one in talk if one["role"] == "system"),
            ]
        )
        talk = tuple(one for one in talk if one["role"] != "system")
        answers = bool(file.messages or file.world)
        asked = offers.in_words(tools, file.language, answers=answers) if tools else ""
        return WithTools(
            query=self.said(example)[0] if file.world else self._rendered(self._query, fields, example.id),
            delimiter=template.delimiter,
            instruction=self._rendered(self._instruction, fields, example.id),
            system="\n\n".join(filter(None, (own, asked))),
            tools=tools,
            own_system=own,
            talk=talk,
            told=offers.told(talk, file.language),
        )

    def _tools(self, example: Example, where: str) -> tuple[Tool, ...]:
        file = self.task.file
        if file.world is not None:
            return worlds.tools(file.world.name)
        given = example.known.get(file.tools) if isinstance(file.tools, str) else file.tools
        return offers.offered(given, where)

    def options(self, example: Example) -> tuple[Option, ...]:
        """Return the options of an example, their texts rendered.

        Raises:
            BadInput: `options_from` names a field that is no list or an empty one.
        """
        if self.task.file.options_from:
            return self._own_options(example)
        if self._same_options is not None:
            return self._same_options
        fields = self._insertable(example)
        return tuple(
            Option(label, self._rendered(render, fields, example.id)) for label, render in self._options
        )

    def _own_options(self, example: Example) -> tuple[Option, ...]:
        choices = self.task.choices(example.fields)
        if choices is None:
            raise BadInput(f"{self.name}: the options of example {example.id} are no list of texts")
        texts = [str(choice) for choice in choices]
        if self.task.file.option_marks == "text":
            return tuple(Option(str(index), text) for index, text in enumerate(texts))
        marks = MARKS[self.task.file.option_marks]
        if len(texts) > len(marks):
            raise BadInput(
                f"{self.name}: example {example.id} has {len(texts)} options, more than {len(marks)} marks"
            )
        return tuple(Option(str(index), marks[index], text) for index, text in enumerate(texts))

    def captions(self, example: Example) -> tuple[tuple[str, ...], ...]:
        """Return the texts of each option for systems that compare it with a picture; else its own text."""
        if self._same_captions is not None:
            return self._same_captions
        return self._captioned(self.options(example), example.known, example.id)

    @cached_property
    def _same_captions(self) -> tuple[tuple[str, ...], ...] | None:
        """The captions that all examples share: a thousand classes times eighty texts are rendered once."""
        texts = self.task.template.captions
        inserts = any(templating.problem(text, ["option"]) for text in texts)
        if self._same_options is None or self.task.file.options_from or inserts:
            return None
        return self._captioned(self._same_options, {}, "any")

    def _captioned(
        self, options: Sequence[Option], fields: Mapping[str, Any], example_id: str
    ) -> tuple[tuple[str, ...], ...]:
        names = [option.words for option in options]
        if not self._captions:
            return tuple((name,) for name in names)
        return tuple(
            tuple(self._rendered(render, {**fields, "option": name}, example_id) for render in self._captions)
            for name in names
        )

    def answer(self, example: Example) -> str:
        """Return the right answer as a shot says it: the option's text, the first reference, the spans.

        Where the task names a field for it (`shots.answer`), that is what a shot says.

        Raises:
            BadInput: the target is none of the example's options.
        """
        worked = self._worked(example)
        if worked is not None:
            return worked
        target, options = example.target, self.options(example)
        if self.task.ask == "tag":
            spans: Any = target or ()
            return written(spans, str(example.fields["context"]), options, self.task.file.language)
        if options:
            right = target[0] if isinstance(target, tuple) and target else target  # the first of several
            for option in options:
                if option.label == right:
                    return option.text
            known = ", ".join(option.label for option in options)
            raise BadInput(
                f"{self.name}: the target of example {example.id} is {target!r}, not one of {known}"
            )
        said = target if isinstance(target, str) else str((target or ("",))[0])
        return f"{float(said):.3g}" if self.task.ask == "rate" else said  # 3.250 is 3.25 to anybody

    def _worked(self, example: Example) -> str | None:
        """Return the answer in the field that the task names for it, None where it names none."""
        name = self.task.file.shots.answer
        return None if name is None else str({**self._cleaned(example.fields), **example.meta}[name])

    def shots(self, example: Example) -> list[int]:
        """Return the pool's rows that are this example's shots, as `FewShot.rows` draws them."""
        return self._fewshot.rows(example)

    def shot_ids(self, example: Example) -> list[str]:
        """Return the ids of the example's shots, in prompt order."""
        return [self._fewshot.pool[index].id for index in self.shots(example)]

    def _turn(self, index: int) -> tuple[str, str]:
        """Return a shot's query and answer, rendered once."""
        if index not in self._turns:
            example = self._fewshot.pool[index]
            query = self._rendered(self._query, self._insertable(example), example.id)
            self._turns[index] = query, self.answer(example)
        return self._turns[index]

    def _rendered(
        self, render: Callable[[Mapping[str, Any]], str], fields: Mapping[str, Any], example_id: str
    ) -> str:
        """Return the rendered text; where the template fails, the error names the example."""
        try:
            return render(fields)
        except BadInput as error:
            raise BadInput(f"{self.name}, example {example_id}: {error.message}") from None

    def _insertable(self, example: Example) -> dict[str, Any]:
        """Return what a template may insert: cleaned fields, what is known beside them, the options."""
        found = {**self._cleaned(example.fields), **example.meta}
        if self.task.file.options_from:
            found["options"] = "\n".join(map(_line, self.options(example)))
        window = self.task.file.window
        if window:
            found[window.field] = most_alike(str(found[window.field]), str(found[window.by]), window.chars)
        return found

    def _cleaned(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        cleaned = {name: "" if value is None else value for name, value in fields.items()}
        for name, value in cleaned.items():
            if isinstance(value, str):
                cleaned[name] = self._clean(value)
        return cleaned

    def _clean(self, text: str) -> str:
        for clean in self._cleaners:
            text = clean(text)
        return text
