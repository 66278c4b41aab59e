"""Asks `POST /classify` for the scores of a text's labels."""

import json
import math
import urllib.error
import urllib.request

from harness.adapters.base import Adapter
from harness.errors import BadInput
from harness.schema import Failure, Response


class SmallServer(Adapter):
    """One request at a time; a failed one is a failure, never a wrong answer."""

    def __init__(self, profile):
        self.url = profile.settings.get("url")
        if not self.url:
            raise BadInput("say where the server is: -m url=http://…")

    def answer(self, requests):
        """Yield a response for every request, in any order; None says that nothing more is ready now."""
        for request in requests:
            if request is not None:
                yield self._answered(request)

    def _answered(self, request):
        text = " ".join(str(value) for value in request.example.fields.values())
        body = json.dumps({"text": text}).encode()
        try:
            with urllib.request.urlopen(f"{self.url}/classify", body, timeout=30) as reply:
                scores = json.load(reply)["scores"]
            # Log-probabilities, in the order of the request's options.
            found = [math.log(max(scores[option.text], 1e-9)) for option in request.options]
        except (OSError, ValueError, KeyError) as error:
            return Response(request.key, error=Failure("server", f"{type(error).__name__}: {error}"))
        return Response(request.key, option_scores=found)
