"""Backends: what a `backends/NAME.yaml` may say, and the profile an adapter is given."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from importlib import metadata
from os.path import isfile
from pathlib import Path, PurePath
from typing import Any

from harness import api_keys as secrets
from harness import builtin, plugins
from harness.backends import addresses, endpoints, familiar
from harness.backends.schema import BackendFile
from harness.config import loader as definitions
from harness.config import settings
from harness.config.documents import Document, shown
from harness.errors import BadInput, Unavailable, did_you_mean
from harness.files import is_below
from harness.hookspecs import AdapterEntry
from harness.paths import shipped
from harness.schema import CHOOSING, WRITTEN, Ask, Decoding, Profile

MERGED = ("settings", "decoding", "price")


# How a model that writes is asked: keys of the profile that `-m` can set.
_HOW_ASKED = {"chat": "bool", "shots_as": "text|turns", "choose_by": "logprobs|structured|extract"}


class CannotAsk(BadInput):
    """A backend's adapter cannot be asked what a task asks."""


@dataclass(frozen=True)
class Backend:
    """One system under test, with the settings a run gave it; `typed` are those that the user named."""

    name: str
    file: BackendFile
    document: Document
    settings: Mapping[str, Any]
    typed: frozenset[str] = frozenset()
    retrieves: bool = False  # it learns from the passages then, and from no train split

    @property
    def entry(self) -> AdapterEntry:
        """Return what is known of the adapter without importing it."""
        known = plugins.adapters()[self.file.adapter]
        return replace(known, learns=False) if self.retrieves and known.learns else known

    def asked(self, ask: Ask) -> Backend:
        """Return the backend as it is asked that."""
        return replace(self, retrieves=ask == "retrieve")

    @property
    def hashed_settings(self) -> dict[str, Any]:
        """Return the settings that can change an answer, without paths: a file is hashed itself."""
        return {name: value for name, value in self.result_settings.items() if name not in self.entry.files}

    @property
    def result_settings(self) -> dict[str, Any]:
        """Return the settings that can change an answer; knobs such as the batch size cannot."""
        return {name: value for name, value in self.settings.items() if name not in self.entry.knobs}

    def choose(self, given: Mapping[str, Any]) -> Backend:
        """Return the backend with `given` over its settings; `model`, `chat` and others are settings too.

        Raises:
            BadInput: an unknown setting, or one of the wrong kind.
        """
        named = self._own_keys
        fields = {key: value for key, value in given.items() if key in named}
        for key, value in fields.items():
            if value is None or not settings.fits(value, named[key]):
                raise BadInput(f"-m {key}: should be {settings.wanted(named[key])}, not {value!r}")
        rest = {key: value for key, value in given.items() if key not in fields}
        kinds = {**self.entry.settings, **self.entry.knobs}
        for _, message in settings.problems(rest, {**kinds, **named}):
            raise BadInput(f"-m: {self.name} ({self.file.adapter}): {message}")
        for _, wrong in addresses.problems(rest.get("base_url")):
            raise BadInput(f"-m {wrong}")
        if "base_url" in rest:
            rest["base_url"] = addresses.canonical(rest["base_url"])
        known = dict(self.settings)
        if rest.get("base_url", known.get("base_url")) != known.get("base_url"):
            known.pop("api_key_env", None)  # the profile's key is for the host that the profile names
        chosen = {name: value for name, value in {**known, **rest}.items() if value is not None}
        typed = self.typed | rest.keys()
        return replace(self, file=self.file.model_copy(update=fields), settings=chosen, typed=typed)

    @property
    def _own_keys(self) -> dict[str, str]:
        """Return the kinds of the profile's own keys that `-m` can set: how a model that writes is asked."""
        named = (
            dict.fromkeys(("model", "revision"), "str") if self.entry.needs_model or self.file.model else {}
        )
        return {**named, **_HOW_ASKED} if self.entry.needs_model and self.entry.decoding else named

    @property
    def key_name(self) -> str | None:
        """Return the environment variable whose key is sent to the service, None where none is."""
        return secrets.key_name(self.settings, self.entry.key)

    @property
    def shown_settings(self) -> dict[str, Any]:
        """Return the settings as reports have them: of a file's path its end, the rest is the machine's."""
        given = dict(self.settings)
        ends = {name: "/".join(Path(given[name]).parts[-2:]) for name in self.entry.files if given.get(name)}
        return {**given, **ends}

    def differs(self, own: Backend) -> dict[str, Any]:
        """Return what can change an answer and is not as in `own`, the profile as written."""
        keys = ("model", "revision", *_HOW_ASKED)
        now = {**self.result_settings, **{key: getattr(self.file, key) for key in keys}}
        was = {**own.result_settings, **{key: getattr(own.file, key) for key in keys}}
        shown = self.shown_settings
        return {key: shown.get(key, value) for key, value in now.items() if value != was.get(key)}

    def profile(
        self,
        *,
        seed: int,
        ask: Ask = "choose",
        trust_remote_code: bool = False,
        offline: bool = False,
        concurrency: int | None = None,
        stream: bool = False,
        task: str = "",
    ) -> Profile:
        """Return what the adapter is told."""
        file = self.file
        return Profile(
            name=self.name,
            adapter=file.adapter,
            model=file.model,
            revision=file.revision,
            settings=self.settings,
            chat=file.chat,
            shots_as=file.shots_as,
            normalise=file.normalise,
            choose_by=file.choose_by,
            trust_remote_code=trust_remote_code and not self.is_native,
            offline=offline,
            seed=seed,
            ask=ask,
            concurrency=concurrency,
            stream=stream,
            task=task,
        )

    def require(
        self,
        ask: str,
        decoding: Decoding,
        *,
        trust_remote_code: bool,
        keys: bool = True,
        schema: bool = False,
    ) -> None:
        """Say before any work what stands in the way of `ask`; without `keys`, nothing is sent.

        `schema` says that a reply is to be valid under one.

        Raises:
            CannotAsk: the adapter cannot be asked this, or cannot hold a reply to a form.
            BadInput: it cannot honour a decoding key, its key may not go there, or a file is not there.
            Unavailable: an extra is missing, no model is named, or code of the model's own is not allowed.
        """
        entry = self.entry
        if ask not in entry.asks:
            able = [name for name, other in plugins.adapters().items() if ask in other.asks]
            raise CannotAsk(
                f"{self.name} ({entry.name}) cannot {ask!r}; adapters that can: {', '.join(able) or 'none'}"
            )
        refused = [key for key in decoding.asked() if key not in entry.decoding] if ask in WRITTEN else []
        if refused:
            raise BadInput(
                f"{self.name} ({entry.name}) cannot honour {', '.join(map(repr, refused))} in decoding; "
                f"what it can (`decoding` of its AdapterEntry): {', '.join(entry.decoding) or 'nothing'}"
            )
        if keys:
            endpoints.require(self)
        for reason in self.obstacles(trust_remote_code=trust_remote_code, keys=keys):
            raise Unavailable(reason)
        self._require_structure(ask, schema=schema)
        for name in entry.files:
            if not isfile(self.settings[name]):
                raise BadInput(f"{self.name}: -m {name}={self.settings[name]}: no such file")

    def _require_structure(self, ask: str, *, schema: bool) -> None:
        """Raise where replies are to be held to a form, which the adapter, or what is installed, cannot."""
        from harness import DISTRIBUTION

        entry = self.entry
        if self.file.choose_by != "structured" or not entry.needs_model or not (ask in CHOOSING or schema):
            return
        if not entry.structured:
            able = ", ".join(name for name, other in plugins.adapters().items() if other.structured)
            raise CannotAsk(
                f"{self.name} ({entry.name}) holds no reply to a form (choose_by: structured); "
                f"adapters that do: {able}"
            )
        for module, extra in entry.structured_needs.items():
            if not plugins.is_installed(module):
                raise Unavailable(
                    f"{self.name}: choose_by: structured needs {module}: "
                    f"pip install '{DISTRIBUTION}[{extra}]'"
                )

    def obstacles(self, *, trust_remote_code: bool = False, keys: bool = True) -> list[str]:
        """Return why the backend cannot work here, each with what to do; empty if it can."""
        from harness import DISTRIBUTION

        found = []
        if "trust_remote_code" in self.file.needs and not trust_remote_code and not self.is_native:
            newer = self.file.native_since
            found.append(
                f"{self.name} runs code from the repository {self.file.model}; "
                "add --trust-remote-code if you trust it"
                + (f", or pip install 'transformers>={newer}', which has its code itself" if newer else "")
            )
        if self.entry.needs_model and not self.file.model:
            what = "NAME" if self.entry.remote else "DIRECTORY_OR_ID"
            found.append(f"{self.name} names no model: add -m model={what}")
        unnamed = (name for name in self.entry.files if not self.settings.get(name))
        found += [f"{self.name} names no {name}: add -m {name}=PATH" for name in unnamed]
        absent = plugins.missing(self.entry)
        if absent:
            extra = f"{DISTRIBUTION}[{self.entry.extra}]"
            how = f": pip install '{extra}'" if self.entry in builtin.ADAPTERS else ", which is not installed"
            found.append(f"{self.name} needs {', '.join(absent)}{how}")
        if self.key_name and not secrets.is_name(self.key_name):
            found.append(f"{self.name}: api_key_env should name an environment variable, such as MY_API_KEY")
        elif keys and self.key_name and not secrets.key(self.key_name):
            found.append(
                f"{self.name} needs {self.key_name}: set it in the environment or in {secrets.DOTENV}"
            )
        return found

    @property
    def is_native(self) -> bool:
        """Return whether the installed transformers has the model's code itself."""
        since = self.file.native_since
        return since is not None and _version("transformers") >= _numbers(since)

    def resolved(self) -> dict[str, Any]:
        """Return the backend as YAML would write it, inheritance and settings worked in."""
        values = self.file.model_dump(mode="json", exclude_unset=True, exclude_none=True)
        if self.settings:
            values["settings"] = dict(self.settings)
        return values


def _version(package: str) -> tuple[int, ...]:
    """Return an installed package's version as numbers, empty where it is not installed."""
    try:
        return _numbers(metadata.version(package))
    except metadata.PackageNotFoundError:
        return ()


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:2])


def folders() -> list[tuple[Path, bool]]:
    """Return where backends are looked up: the user's project, plugins, what is shipped."""
    return list(definitions.candidates("backends", plugins.folders("backends"), shipped("backends")))


def catalogue() -> dict[str, list[Path]]:
    """Return every backend's name and file."""
    return definitions.catalogue("backends", folders())


def load(name: str) -> Backend:
    """Return the backend called `name` (or the file it is), checked.

    Raises:
        BadInput: not found, or wrong, with file and line.
    """
    path = definitions.find("backends", name, folders(), hint=_hint)
    return parse(definitions.resolve("backends", path, folders(), MERGED), definitions.name_of(path))


def _hint(name: str, known: list[str]) -> str:
    """Return what to do instead of naming a backend that is none; an adapter lacks its profile only."""
    if name in plugins.adapters() and not familiar.meant(name):
        return f" It is an adapter: `adapter: {name}` in backends/{name}.yaml makes it a backend."
    return familiar.hint(name, known)


def parse(document: Document, name: str, *, resumed: bool = False) -> Backend:
    """Return the backend of a resolved document; files that it names lie beside it.

    That of a run which is `resumed` names them as the run found them.

    Raises:
        BadInput: the document breaks a rule.
    """
    file, wrong, _ = definitions.salvaged(BackendFile, document)
    entries = plugins.adapters()
    if file is None:
        raise definitions.BadInputs(wrong)
    if file.adapter not in entries:
        hint = did_you_mean(file.adapter, entries)
        wrong.append(document.error(f"no adapter is called {shown(file.adapter)}.{hint}", "adapter"))
        raise definitions.BadInputs(wrong)
    entry = entries[file.adapter]
    kinds = {**entry.settings, **entry.knobs}
    wrong += [
        document.error(message, "settings", name) for name, message in settings.problems(file.settings, kinds)
    ]
    address = file.settings.get("base_url")
    for number, message in addresses.problems(address):
        place = () if number is None else (number,)
        wrong.append(document.error(message, "settings", "base_url", *place))
    for key in file.decoding.asked():
        if key not in entry.decoding:
            message = f"{entry.name} cannot honour {key!r} in decoding"
            wrong.append(document.error(message, "decoding", key))
    if wrong:
        raise definitions.BadInputs(wrong)
    beside = {} if resumed else _beside(document, file.settings, entry.files)
    at = {"base_url": addresses.canonical(address)} if isinstance(address, list) else {}
    return Backend(name=name, file=file, document=document, settings={**file.settings, **beside, **at})


def _beside(document: Document, given: Mapping[str, Any], files: Iterable[str]) -> dict[str, str]:
    """Return the paths of the files that a profile names: in its own folder, or below it.

    A profile may be a stranger's, and says nothing of what lies elsewhere on this machine.

    Raises:
        BadInput: a file that lies anywhere else.
    """
    found = {}
    for name in files:
        if not given.get(name):
            continue
        path = PurePath(given[name])
        folder = document.place(("settings", name)).path.parent
        if path.is_absolute() or ".." in path.parts or not is_below(folder / path, [folder]):
            message = f"{name!r} should lie beside this profile; another file is named by -m {name}=PATH"
            raise document.error(message, "settings", name)
        found[name] = str(folder / path)
    return found
