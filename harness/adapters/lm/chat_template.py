"""A tokenizer's chat template: what it makes of messages, and what it cannot be told or asked."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from jinja2 import TemplateError

from harness.errors import BadInput
from harness.schema import Message, Profile
from harness.text.thoughts import opened_by

# Marks that no template and no text has, to find again what was put in.
_SYSTEM, _USER = "\u2063system\u2063", "\u2063user\u2063"
_TOOL = "offered_tool_0"
_ASKED = {"role": "user", "content": _USER}
OWN = (
    "conversation",
    "tokenize",
    "add_generation_prompt",
    "chat_template",
    "return_dict",
)  # are not arguments


class ChatTemplate:
    """The template of one tokenizer, with the arguments that the profile gives it.

    Settings: `chat_template_kwargs` (`{enable_thinking: false}`), as servers call them; `system_as`: `user`
    puts the system text before the first user turn, `system` leaves it a turn of its own. Left out, it is a
    turn of its own where the template has a place for it.
    """

    def __init__(self, tokenizer: Any, profile: Profile) -> None:
        """Check the arguments; nothing is rendered yet.

        Raises:
            BadInput: an argument is one of the harness's own.
        """
        self.tokenizer, self.profile = tokenizer, profile
        self.arguments: dict[str, Any] = dict(profile.settings.get("chat_template_kwargs") or {})
        for name in self.arguments:
            if name in OWN or not str(name).isidentifier():
                raise BadInput(f"chat_template_kwargs: {name!r} cannot be given to a chat template")

    def text(self, messages: Sequence[Message], **more: Any) -> str:
        """Return the messages as the model reads them, up to where its answer begins."""
        arguments = {**self.arguments, **more}
        text: str = self.tokenizer.apply_chat_template(
            messages, add_generation_prompt=True, tokenize=False, **arguments
        )
        return text

    @cached_property
    def system_as(self) -> str:
        """`system` or `user`: where a system text goes, as the setting says or else as the template allows.

        Some templates refuse a system turn (Gemma 2), some leave it out without a word.
        """
        named = self.profile.settings.get("system_as")
        if named:
            return str(named)
        return "system" if _SYSTEM in (self._tried(_SYSTEM) or "") else "user"

    @cached_property
    def takes_tools(self) -> bool:
        """Whether the template has a place for tools, and they are not to be sent as text (`tools_as`)."""
        named = self.profile.settings.get("tools_as")
        if named == "text":
            return False
        tool = {"name": _TOOL, "description": "", "parameters": {"type": "object", "properties": {}}}
        try:
            found = _TOOL in self.text([_ASKED], tools=[{"type": "function", "function": tool}])
        except TemplateError:
            found = False
        if named == "template" and not found:
            raise BadInput(
                f"the chat template of {self.profile.model} has no place for tools; "
                "-m tools_as=text sends them as text"
            )
        return found

    @cached_property
    def opened(self) -> str:
        """The mark of a thought that the prompt ends with; empty where the answer comes first."""
        return opened_by(self.text([_ASKED]))

    def require_answer_first(self) -> None:
        """Refuse to compare options that would stand inside a thought.

        Raises:
            BadInput: the template ends with an open thought; says what can be done.
        """
        if not self.opened:
            return
        closed = {"enable_thinking": False}
        ways = ["choose_by: extract (-m choose_by=extract) reads what it writes after it"]
        if not opened_by(self.text([_ASKED], **closed)):
            ways.insert(0, "-m 'chat_template_kwargs={enable_thinking: false}' ends it first")
        raise BadInput(
            f"the chat template of {self.profile.model} ends with {self.opened}: options compared there by "
            f"log-probability would stand inside a thought; {', or '.join(ways)}"
        )

    def unread(self) -> list[str]:
        """Return the arguments that the template never reads."""
        source = str(self.tokenizer.chat_template)
        return [name for name in self.arguments if name not in source]

    def added_system(self) -> str | None:
        """Return the system text that the template adds where none is given, None if it adds none.

        Where a system text would stand is seen from one that is given.
        """
        given = self._tried(_SYSTEM)
        if given is None:
            return None
        before, found, after = given.partition(_SYSTEM)
        after = after.partition(_USER)[0]
        said = self.text([_ASKED]).partition(_USER)[0]
        if not found or not after or not said.startswith(before) or not said.endswith(after):
            return None
        return said[len(before) : len(said) - len(after)] or None

    def _tried(self, system: str) -> str | None:
        """Return a chat with a system turn, None where the template refuses it."""
        try:
            return self.text([{"role": "system", "content": system}, _ASKED])
        except TemplateError:
            return None
