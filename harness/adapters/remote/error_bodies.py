"""What a server says of an error, whatever its API: in the body of a refusal, or within a 200."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from harness.adapters.remote import errors
from harness.adapters.remote.errors import Fault
from harness.adapters.remote.http import Reply
from harness.adapters.remote.refused_prompts import unanswerable
from harness.adapters.remote.replies import at


async def refusal(reply: Reply) -> tuple[Any, str]:
    """Return the body of a reply whose status is an error's, as JSON where it is, and as text.

    What keeps it from being read is the text then: the status says enough.
    """
    try:
        content = await reply.read()
    except Fault as fault:
        return None, fault.message
    text = content.decode(errors="replace").strip()
    try:
        return json.loads(text), text  # half a surrogate pair too, which orjson refuses
    except (ValueError, RecursionError):
        return None, text


async def raise_for_status(reply: Reply) -> None:
    """Return where the server answers; 2xx alone is an answer, as nobody is followed elsewhere.

    Raises:
        Fault: it refuses; the message is the status, the error's code and its words.
    """
    if 200 <= reply.status < 300:
        return
    body, text = await refusal(reply)
    said = body.get("error", body) if isinstance(body, Mapping) else body
    raise errors.of_status(reply.status, reply.headers, message_of(said or text))


def raise_for_error(reply: dict[str, Any]) -> dict[str, Any]:
    """Return a reply that holds no error: a proxy tells its upstream's within a 200.

    Raises:
        Fault: it holds one.
    """
    wrong = reply.get("error")
    if wrong:
        words = message_of(wrong)
        finish = unanswerable(words)
        raise Fault("bad_request" if finish else "server_error", f"in the reply: {words}", finish=finish)
    return reply


def message_of(body: Any) -> str:
    """Return what a server said of an error: its code, its words, and an upstream's that a proxy hands on."""
    said = at(body, "message") or at(body, "detail") or body
    words = [said if isinstance(said, str) else json.dumps(said, ensure_ascii=False)]
    words += [str(more) for key in ("raw", "reasons") if (more := at(body, "metadata", key))]
    code = at(body, "code")
    if code and str(code) not in words[0]:
        words.insert(0, str(code))
    return ": ".join(words)
