from __future__ import annotations

import ast
import importlib.util
import inspect
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from textwrap import dedent
from types import SimpleNamespace
from typing import Any

import pytest

from harness import builtin, hookspecs, plugins
from harness.config.settings import fits
from harness.errors import BadInput, Unavailable
from harness.evaluation.grid import plans
from harness.evaluation.progress import Quiet
from harness.evaluation.runner import execute
from harness.hookspecs import AdapterEntry, ExtractorEntry, FolderEntry, MetricEntry, hookimpl
from harness.options.running import RunOptions
from harness.schema import Decoding, Profile, Request, Response
from harness.tasks import task as tasks
from tests.support import forking
from tests.support.running import PATIENCE
from tests.support.small_tasks import question_task
from tests.support.wheels import install, needs_builder

VOCABULARY = [field.name for field in fields(Decoding)]

# A stranger's project: an adapter, a metric, an extraction step and folders of tasks and backends.
SHOUT = {
    "pyproject.toml": """
        [build-system]
        requires = ["hatchling"]
        build-backend = "hatchling.build"

        [project]
        name = "harness-shout"
        version = "1.2"

        [project.entry-points.harness]
        shout = "shout.plugin"

        [tool.hatch.build.targets.wheel]
        packages = ["shout"]
        """,
    "shout/__init__.py": "",
    "shout/plugin.py": """
        from harness.hookspecs import (
            AdapterEntry, ExtractorEntry, FolderEntry, MetricEntry, WorldEntry, hookimpl
        )


        @hookimpl
        def register_adapters(register):
            settings = {"mark": "str"}
            asks = ("generate", "call")
            register(AdapterEntry("shout", "shout.adapter:Shout", asks=asks, settings=settings))


        @hookimpl
        def register_worlds(register):
            register(WorldEntry("lamp", "shout.world:Lamp", "등 / a lamp"))


        @hookimpl
        def register_metrics(register):
            register(MetricEntry("loudness", "shout.judge:loudness", asks=("generate",)))


        @hookimpl
        def register_extractors(register):
            register(ExtractorEntry("quieter", "shout.judge:quieter", settings={"by": "int"}))


        @hookimpl
        def register_folders(register):
            register(FolderEntry("tasks", "shout", "tasks"))
            register(FolderEntry("backends", "shout", "backends"))
        """,
    "shout/adapter.py": """
        from harness.schema import Response


        class Shout:
            def __init__(self, profile):
                self.mark = profile.settings.get("mark", "!")

            def answer(self, requests):
                for request in requests:
                    if request is not None:
                        called = request.ask == "call"
                        text = self.called(request) if called else request.prompt + self.mark * 3
                        yield Response(request.key, text=text, finish="stop")

            def called(self, request):
                if "it burns" not in request.prompt:
                    return '[{"name": "switch", "arguments": {"on": true}}]'
                broken = "the bulb is gone" in request.prompt
                return "Done!" if broken else '[{"name": "shatter", "arguments": {}}]'

            def close(self):
                pass
        """,
    "shout/world.py": """
        class Lamp:
            def __init__(self, state):
                self.state = dict(state)

            def switch(self, on: bool, times: int = 1) -> str:
                '''Switch the lamp.

                Args:
                    on: whether it
                        is to burn
                    times (int): how often
                '''
                self.state["on"] = on
                return "it burns" if on else "it is dark"

            def shatter(self) -> None:
                raise RuntimeError("the bulb is gone")
        """,
    "shout/judge.py": """
        from harness.schema import Metric


        def loudness(labels):
            def statistics(prediction, target):
                return (float((prediction or "").count("!")),)

            def aggregate(stats, weights):
                return weights @ stats[:, 0] / weights.sum(axis=1)

            return Metric("loudness", statistics, aggregate, "loudness|v1", unit="marks")


        def quieter(by=1):
            return lambda text, options: text[:-by] or None
        """,
    "shout/tasks/shout_task.yaml": """
        version: 1
        description: Says it again, louder
        data: {format: jsonl, sample: shout.jsonl, files: {test: shout.jsonl}}
        fields: {id: id, input: text, target: text}
        ask: generate
        templates: {say: {query: "{{ input }}"}}
        extract: [{quieter: {by: 1}}]
        metrics: [loudness, exact_match]
        """,
    "shout/tasks/shout.jsonl": """
        {"id": "1", "text": "야호", "split": "test"}
        {"id": "2", "text": "안녕", "split": "test"}
        """,
    "shout/tasks/lamp.yaml": """
        version: 1
        description: Switches a lamp on
        data: {format: jsonl, sample: lamp.jsonl, files: {test: lamp.jsonl}}
        fields: {id: id, before: before, text: text, target: "{{ row.after | tojson }}"}
        ask: call
        world: {name: lamp, state: before, max_steps: 4}
        templates: {say: {query: "{{ text }}"}}
        metrics: [world_state, world_calls]
        """,
    "shout/tasks/lamp.jsonl": """
        {"id": "1", "text": "Light!", "before": {"on": false}, "after": {"on": true}, "split": "test"}
        {"id": "2", "text": "Dark!", "before": {"on": false}, "after": {"on": false}, "split": "test"}
        """,
    "shout/backends/shout.yaml": "adapter: shout\nkind: classical\n",
}


def write(folder: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(dedent(text).strip() + "\n", encoding="utf-8")
    return folder


def python(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the interpreter of these tests in `cwd`."""
    if arguments[:2] == ("-m", "harness"):
        return forking.run(arguments[2:], cwd, {**os.environ, **environment}, PATIENCE)
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=cwd,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUTF8": "1", **environment},
        capture_output=True,
        text=True,
        encoding="utf-8",
    )


@pytest.fixture(scope="module")
def checkout() -> str:
    """Return the folder that `import harness` finds the package in."""
    return str(Path(plugins.__file__).parents[1])


@pytest.fixture(scope="module")
def shout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder into which the wheel of the stranger's project was installed."""
    folder = tmp_path_factory.mktemp("shout")
    return install(write(folder / "project", SHOUT), folder)


@pytest.fixture
def in_shout(shout: Path, checkout: str, tmp_path: Path) -> Any:
    """Return a function that runs `harness …` in an empty folder, with the stranger's wheel installed."""
    path = os.pathsep.join([str(shout), checkout])
    return lambda *words: python("-m", "harness", *words, cwd=tmp_path, PYTHONPATH=path)


# A wheel of a stranger's


@needs_builder
def test_a_strangers_tasks_backends_and_metrics_are_listed(in_shout):
    for kind, name in (("tasks", "shout_task"), ("backends", "shout"), ("metrics", "loudness")):
        listed = in_shout("list", kind, "--json")
        assert name in [row["name"] for row in json.loads(listed.stdout)[kind]], listed.stderr


@needs_builder
def test_a_strangers_task_runs_on_a_strangers_backend_from_an_empty_folder(in_shout):
    done = in_shout("run", "-t", "shout_task", "-b", "shout", "--sample", "--json", "--quiet")
    assert done.returncode == 0, done.stderr
    (run,) = json.loads(done.stdout)["runs"]
    assert run["metrics"]["loudness"]["value"] == 2.0
    assert run["metrics"]["loudness"]["unit"] == "marks"
    assert run["metrics"]["exact_match"]["value"] == 1.0  # under ko.v1 a `!` at the end does not count


@needs_builder
def test_a_strangers_world_is_acted_in_and_what_it_raises_is_told(in_shout, tmp_path):
    done = in_shout("run", "-t", "lamp", "-b", "shout", "--sample", "--json", "--quiet")
    assert done.returncode == 0, done.stderr
    (run,) = json.loads(done.stdout)["runs"]
    assert {name: run["metrics"][name]["value"] for name in run["metrics"]} == {
        **{"world_state": 0.5, "world_calls": 2.0}
    }
    shown = in_shout("show", "lamp", "--sample", "-n", "1").stdout
    assert '"on": {"description": "whether it is to burn", "type": "boolean"}' in shown
    assert '"times": {"default": 1, "description": "how often", "type": "integer"}' in shown
    assert "the bulb is gone" in next(tmp_path.glob("runs/*/*/*/samples.jsonl")).read_text()


@needs_builder
def test_a_setting_of_a_strangers_adapter_is_checked(in_shout):
    wrong = in_shout("run", "-t", "shout_task", "-b", "shout", "--sample", "-m", "marc=?")
    assert wrong.returncode == 2
    assert "'marc': no such setting. Did you mean 'mark'?" in wrong.stderr


@needs_builder
def test_the_doctor_names_a_strangers_wheel(in_shout):
    assert "plugins harness-shout 1.2" in in_shout("doctor").stdout.replace("harness_shout", "harness-shout")


# Plugins that are broken


def installed(folder: Path, name: str, code: str, *, entry: str | None = None) -> Path:
    """Write what an installed distribution `name` leaves in a folder of packages."""
    points = f"[harness]\n{entry or name} = {name}_plugin\n"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n"
    info = f"{name}-1.dist-info"
    files = {f"{name}_plugin.py": code, f"{info}/entry_points.txt": points, f"{info}/METADATA": metadata}
    return write(folder, files)


# An adapter of a stranger's, as it was written before there was a base class, and as it is written since

LEARNER = """
        def __init__(self, profile):
            self.ready = False

        def fit(self, train, task):
            self.most = Counter(example.target for example in train).most_common(1)[0][0]

        def save(self, folder):
            (folder / "most").write_text(self.most)

        def load(self, folder):
            self.most = (folder / "most").read_text()

        def identity(self):
            return {"weights": "a count"}

        def prepare(self):
            self.ready = True

        def loaded(self):
            return {"ready": self.ready}

        def count_tokens(self, text):
            return len(text.split())

        def answer(self, requests):
            for request in requests:
                if request is not None:
                    scores = [float(option.label == self.most) for option in request.options]
                    yield Response(request.key, option_scores=scores)
"""
PLUGIN = """
    from harness.hookspecs import AdapterEntry, hookimpl


    @hookimpl
    def register_adapters(register):
        for name in ("Before", "Since"):
            register(AdapterEntry(name.lower(), f"counts_adapters:{name}", asks=("choose",), learns=True))
    """
ADAPTERS = (
    "from collections import Counter\n\nfrom harness.adapters.base import Adapter\n"
    "from harness.schema import Response\n\n\n"
    f"class Before:{LEARNER}\n        def close(self):\n            pass\n\n\n"
    f"class Since(Adapter):{LEARNER}"
)


@pytest.fixture
def in_counts(tmp_path, checkout):
    """Return a function that runs `harness …` where the package with both is installed."""
    site, home = tmp_path / "site", tmp_path / "home"
    installed(site, "counts", PLUGIN)
    write(site, {"counts_adapters.py": ADAPTERS})
    for name in ("before", "since"):
        write(home, {f"backends/{name}.yaml": f"adapter: {name}\nkind: classical"})
    at = {"PYTHONPATH": os.pathsep.join([str(site), checkout]), "HARNESS_CACHE": str(tmp_path / "cache")}
    return lambda *words: python("-m", "harness", *words, cwd=home, **at)


def test_an_adapter_without_a_base_class_runs_as_one_with_it(in_counts):
    done = in_counts("run", "-t", "nsmc_fewshot", "-b", "before,since", "--sample", "--json", "-q")
    assert done.returncode == 0, done.stderr
    before, since = json.loads(done.stdout)["runs"]
    for run in (before, since):
        assert run["fit"]["examples"] > 0
        assert run["backend"]["engine"] == {"ready": True}
        assert run["backend"]["identity"] == {"weights": "a count"}
    assert before["metrics"] == since["metrics"]
    assert before["counts"] == since["counts"]


def test_it_is_asked_for_what_it_can_do_and_for_nothing_else(in_counts):
    counted = in_counts("tokenizers", "배우가 참 좋았다", "-b", "before,since", "--json", "-q")
    assert "learns its tokenizer from a task" in counted.stderr
    for name in ("before", "since"):
        tried = in_counts("try", "재미있다", "-t", "nsmc_fewshot", "-b", name, "--sample", "-q")
        assert (tried.returncode, "→" in tried.stdout) == (0, True), tried.stderr
        near = in_counts("try", "재미", "-t", "nsmc_fewshot", "-b", name, "--sample", "--nearest", "2")
        assert f"{name} has no vectors of words" in near.stderr
        out = in_counts("export", "-t", "nsmc_fewshot", "-b", name, "--sample", "--out", "model")
        assert f"{name} ({name}) learns nothing that others load" in out.stderr


BROKEN = {
    "an import that fails": (
        "import nothing_of_the_kind",
        3,
        "the plugin 'loud' of loud is broken: ModuleNotFoundError: No module named 'nothing_of_the_kind'",
    ),
    "a module that exits": ("raise SystemExit(0)", 3, "the plugin 'loud' of loud is broken: SystemExit: 0"),
    "a syntax error": ("def", 3, "the plugin 'loud' of loud is broken: SyntaxError: invalid syntax"),
    "a misspelled hook": (
        """
        from harness.hookspecs import hookimpl
        @hookimpl
        def register_metrcs(register): ...
        """,
        3,
        "the plugin 'loud' of loud implements 'register_metrcs', which is no hook. "
        "Did you mean 'register_metrics'?",
    ),
    "a forgotten mark": (
        "def register_metrics(register): ...",
        3,
        "the plugin 'loud' of loud implements no hook; is @hookimpl missing?",
    ),
    "an argument that no hook has": (
        """
        from harness.hookspecs import hookimpl
        @hookimpl
        def register_metrics(registry): ...
        """,
        3,
        "the plugin 'loud' of loud is broken: PluginValidationError: ",
    ),
    "a hook that fails": (
        """
        from harness.hookspecs import hookimpl
        @hookimpl
        def register_metrics(register): {}["x"]
        """,
        3,
        "the plugin 'loud' of loud is broken: KeyError: 'x'",
    ),
    "a built-in's name": (
        """
        from harness.hookspecs import MetricEntry, hookimpl
        @hookimpl
        def register_metrics(register): register(MetricEntry("accuracy", "loud:accuracy", asks=("choose",)))
        """,
        2,
        "two plugins register 'accuracy': harness.builtin and loud",
    ),
}


@pytest.mark.parametrize(("code", "status", "line"), BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_plugin_is_one_line_that_names_it(code, status, line, tmp_path, checkout):
    site = installed(tmp_path / "site", "loud", code)
    done = python(
        "-m", "harness", "list", "metrics", cwd=tmp_path, PYTHONPATH=os.pathsep.join([str(site), checkout])
    )
    assert done.returncode == status, done.stderr
    assert done.stderr.startswith(f"harness: {line}")
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""


def metric_code(name: str) -> str:
    return f"""
        from harness.hookspecs import MetricEntry, hookimpl
        @hookimpl
        def register_metrics(register): register(MetricEntry({name!r}, "nowhere:nothing", asks=("choose",)))
        """


@pytest.mark.parametrize("words", ["list backends", "list metrics", "check", "show nsmc_fewshot"])
def test_two_wheels_that_register_one_name_are_both_named_by_every_command(words, tmp_path, checkout):
    site = installed(tmp_path / "site", "loud", metric_code("echo"))
    installed(site, "soft", metric_code("echo"))
    path = os.pathsep.join([str(site), checkout])
    done = python("-m", "harness", *words.split(), cwd=tmp_path, PYTHONPATH=path)
    assert done.returncode == 2
    either = [f"harness: two plugins register 'echo': {two}\n" for two in ("loud and soft", "soft and loud")]
    assert done.stderr in either


def test_two_wheels_with_one_entry_point_are_both_named(tmp_path, checkout):
    site = installed(tmp_path / "site", "loud", metric_code("echo"), entry="voice")
    installed(site, "soft", metric_code("whisper"), entry="voice")
    path = os.pathsep.join([str(site), checkout])
    done = python("-m", "harness", "list", "metrics", cwd=tmp_path, PYTHONPATH=path)
    assert done.returncode == 2
    assert "two plugins are called 'voice', of " in done.stderr
    assert done.stderr.count("\n") == 1


# What a look-up costs

HEAVY = {"torch", "transformers", "tensorflow", "sklearn", "scipy", "pandas", "datasets", "pyarrow", "nltk"}
IMPORTED = """
import sys
from harness.cli import main
sys.argv = ["harness", *sys.argv[1:]]
try:
    main()
except SystemExit as end:
    code = end.code
print(*sorted(name for name in sys.modules if "." not in name), file=sys.stderr)
sys.exit(code)
"""


@pytest.mark.parametrize(
    "words",
    ["--help", "run --help", "list tasks", "list backends", "list metrics", "check", "show nsmc_fewshot"],
)
def test_nothing_heavy_is_imported_to_look_something_up(words, tmp_path, checkout):
    done = python("-c", IMPORTED, *words.split(), cwd=tmp_path, PYTHONPATH=checkout)
    assert done.returncode == 0, done.stderr
    loaded = done.stderr.strip().split("\n")[-1].split()
    assert "harness" in loaded
    assert not HEAVY & set(loaded)


@pytest.mark.parametrize("words", ["--help", "--version"])
def test_help_loads_no_plugin(words, tmp_path, checkout):
    site = installed(tmp_path / "site", "loud", "raise RuntimeError('loaded')")
    path = os.pathsep.join([str(site), checkout])
    assert python("-m", "harness", words, cwd=tmp_path, PYTHONPATH=path).returncode == 0


# A plugin of this process


class Refuser:
    """The shortest adapter there is: it answers the first request and refuses the others."""

    def __init__(self, profile: Profile) -> None:
        self.answers = 1

    def answer(self, requests: Iterable[Request | None]) -> Iterator[Response]:
        for number, request in enumerate(request for request in requests if request is not None):
            told = number < self.answers
            yield Response(request.key, text="긍정" if told else None, finish="stop" if told else "refused")

    def close(self) -> None:
        pass


@pytest.fixture
def registered() -> Iterator[Any]:
    """Return a function that registers a plugin of given hooks, taken away after the test."""
    names: list[str] = []

    def register(name: str = "fake", **hooks: Any) -> None:
        names.append(name)
        plugins.register(SimpleNamespace(**{hook: hookimpl(hooks[hook]) for hook in hooks}), name)

    yield register
    for name in names:
        plugins.unregister(name)


def handing_over(*entries: Any) -> Any:
    def hook(register: Any) -> None:
        for entry in entries:
            register(entry)

    return hook


def test_a_plugin_of_this_process_is_known_at_once_and_forgotten_again():
    entry = AdapterEntry("echo", "json:loads", asks=("generate",))
    assert "echo" not in plugins.adapters()
    plugins.register(SimpleNamespace(register_adapters=hookimpl(handing_over(entry))), "fake")
    assert plugins.adapters()["echo"] is entry
    plugins.unregister("fake")
    assert "echo" not in plugins.adapters()


def test_a_fake_plugins_adapter_runs_a_task(registered, tmp_path):
    entry = AdapterEntry("refuser", f"{__name__}:Refuser", asks=("generate",), decoding=tuple(VOCABULARY))
    registered(register_adapters=handing_over(entry))
    write(tmp_path, {"mine.yaml": "adapter: refuser\nkind: classical"})
    mine = {"backend": tmp_path / "mine.yaml", "ask": "generate"}
    options = RunOptions("nsmc_zeroshot", **mine, sample=True, runs_dir=tmp_path / "runs", limit=3)
    (plan,), _ = plans(options, lambda _line: None)
    outcome = execute(plan, Quiet())
    assert outcome.run.status == "complete"
    counts = outcome.run.counts
    assert (counts.answered, counts.unanswered, counts.failed) == (1, 2, 0)
    assert outcome.run.unanswered_because == {"refused": 2}


def test_a_task_may_use_a_fake_plugins_metric_and_step(registered):
    registered(
        register_metrics=handing_over(
            MetricEntry("mine", "harness.metrics.exact_match:exact_match", ("generate",))
        ),
        register_extractors=handing_over(ExtractorEntry("cut", "harness.extraction.steps:strip")),
    )
    task = question_task(metrics=["mine"], extract=["cut"])
    assert [metric.name for metric in task.metrics] == ["exact_match"]


def test_a_plugin_may_ship_a_folder_of_tasks(registered, tmp_path, monkeypatch):
    write(
        tmp_path,
        {"kit/__init__.py": "raise RuntimeError", "kit/questions/mine.yaml": "extends: nsmc_fewshot"},
    )
    monkeypatch.syspath_prepend(tmp_path)
    registered(register_folders=handing_over(FolderEntry("tasks", "kit", "questions")))
    assert plugins.folders("tasks") == (tmp_path / "kit" / "questions",)
    assert plugins.folders("backends") == ()
    assert "kit" not in sys.modules
    assert tasks.load("mine").ask == "choose"


def test_one_folder_may_hold_tasks_and_backends(registered):
    registered(
        register_folders=handing_over(
            *(FolderEntry(kind, "harness", "cli") for kind in ("tasks", "backends"))
        )
    )
    assert plugins.folders("tasks") == plugins.folders("backends") != ()


WRONG = {
    "a bare name": ("register_adapters", "echo", "register_adapters takes AdapterEntry, not 'echo'"),
    "an entry of another kind": (
        "register_metrics",
        ExtractorEntry("echo", "a:b"),
        "register_metrics takes MetricEntry, not",
    ),
    "a target without a name": (
        "register_extractors",
        ExtractorEntry("echo", "shout.adapter"),
        "'echo': the target 'shout.adapter' should be 'module:name'",
    ),
    "an unknown ask": (
        "register_adapters",
        AdapterEntry("echo", "a:b", asks=("generat",)),
        "'echo': 'generat' is not known in asks. Did you mean 'generate'?",
    ),
    "a forgotten comma": (
        "register_adapters",
        AdapterEntry("echo", "a:b", asks="generate"),  # type: ignore[arg-type]
        "'echo': asks should be a tuple, not 'generate'; is a comma missing?",
    ),
    "an unknown decoding key": (
        "register_adapters",
        AdapterEntry("echo", "a:b", asks=("generate",), decoding=("max_token",)),
        "'echo': 'max_token' is not known in decoding. Did you mean 'max_tokens'?",
    ),
    "an unknown kind of setting": (
        "register_adapters",
        AdapterEntry("echo", "a:b", asks=("generate",), settings={"size": "integer"}),
        "'echo': the setting 'size' is of no known kind 'integer'. Did you mean 'int",
    ),
    "an unknown kind of knob": (
        "register_adapters",
        AdapterEntry("echo", "a:b", asks=("generate",), knobs={"device": "string"}),
        "'echo': the setting 'device' is of no known kind 'string'. Did you mean 'str'?",
    ),
    "an unknown kind of folder": (
        "register_folders",
        FolderEntry("task", "shout", "tasks"),
        "a folder of 'task' means nothing; tasks and backends do",
    ),
    "a folder that is not there": (
        "register_folders",
        FolderEntry("tasks", "json", "tasks"),
        "the folder 'tasks' of 'json' is not there",
    ),
    "a folder of a package that is not there": (
        "register_folders",
        FolderEntry("tasks", "nowhere.at.all", "tasks"),
        "the folder 'tasks' of 'nowhere.at.all' is not there",
    ),
}


@pytest.mark.parametrize(("hook", "entry", "reason"), WRONG.values(), ids=WRONG.keys())
def test_an_entry_that_means_nothing_is_the_plugins_mistake(hook, entry, reason, registered):
    registered(**{hook: handing_over(entry)})
    with pytest.raises(Unavailable) as error:
        plugins.adapters()
    assert "the plugin 'fake'" in str(error.value)
    assert reason in str(error.value)


def test_one_plugin_that_registers_a_name_twice_is_told_so(registered):
    entry = ExtractorEntry("cut", "harness.extraction.steps:strip")
    registered(register_extractors=handing_over(entry, entry))
    with pytest.raises(BadInput, match="'cut' is registered twice by fake"):
        plugins.extractors()


def test_a_plugin_that_was_refused_leaves_nothing_behind(registered):
    with pytest.raises(Unavailable, match="the plugin 'odd' implements 'register_odd', which is no hook"):
        plugins.register(SimpleNamespace(register_odd=hookimpl(lambda register: None)), "odd")
    assert not plugins.manager().has_plugin("odd")
    registered(register_extractors=handing_over())
    assert plugins.extractors()


def test_a_name_of_a_plugin_is_taken_once(registered):
    registered("mine", register_extractors=handing_over())
    with pytest.raises(Unavailable, match="the plugin 'mine' is broken: ValueError"):
        plugins.register(SimpleNamespace(register_metrics=hookimpl(handing_over())), "mine")
    assert plugins.manager().has_plugin("mine")


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("nowhere.at_all:Thing", "nowhere.at_all:Thing cannot be loaded: ModuleNotFoundError"),
        ("json:nothing", "json:nothing cannot be loaded: AttributeError"),
    ],
)
def test_code_that_is_not_there_is_said_when_it_is_named(target, reason):
    with pytest.raises(Unavailable, match=reason):
        plugins.load(target)


def test_the_nearest_name_is_offered():
    with pytest.raises(BadInput, match=r"no metric is called 'acuracy'\. Did you mean 'accuracy'\?"):
        plugins.known(plugins.metrics(), "acuracy", "metric")


@pytest.mark.parametrize(
    ("modules", "absent"),
    [((), ()), (("json", "nowhere"), ("nowhere",)), (("nowhere.at.all", "os.path"), ("nowhere.at.all",))],
)
def test_missing_modules_are_found_without_importing(modules, absent):
    assert plugins.missing(AdapterEntry("x", "a:b", asks=(), modules=modules)) == absent


# The hook page and the built-ins

HOOKS = [name for name in vars(hookspecs) if name.startswith("register_")]


def test_every_hook_is_gathered():
    assert sorted(plugins.HOOKS) == sorted(HOOKS)


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_says_what_it_asks(hook):
    assert "Call `register(" in (inspect.getdoc(getattr(hookspecs, hook)) or "")


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_is_in_the_architecture_page(hook, request):
    page = request.config.rootpath / "ARCHITECTURE.md"
    if not page.is_file():
        pytest.skip("there is no ARCHITECTURE.md here")
    assert f"`{hook}`" in page.read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", hookspecs.SETTING_KINDS)
def test_every_kind_of_setting_can_be_checked(kind):
    assert fits(None, kind)
    assert not fits(object(), kind)


BUILT_IN = [*builtin.ADAPTERS, *builtin.METRICS, *builtin.EXTRACTORS, *builtin.EXPORTERS]


@pytest.mark.parametrize("entry", BUILT_IN, ids=lambda entry: entry.name)
def test_every_built_in_name_leads_to_code(entry):
    module, _, name = entry.target.partition(":")
    spec = importlib.util.find_spec(module)
    assert spec is not None
    assert spec.origin is not None
    tree = ast.parse(Path(spec.origin).read_text(encoding="utf-8"))
    assert name in {node.name for node in tree.body if isinstance(node, (ast.ClassDef, ast.FunctionDef))}


@pytest.mark.parametrize("entry", builtin.EXTRACTORS, ids=lambda entry: entry.name)
def test_a_built_in_step_takes_the_settings_it_registers(entry):
    assert set(inspect.signature(plugins.load(entry.target)).parameters) == set(entry.settings)


@pytest.mark.parametrize(
    ("hook", "entry"),
    [
        (hook, entry)
        for hook, entries in (
            ("register_adapters", builtin.ADAPTERS),
            ("register_metrics", builtin.METRICS),
            ("register_extractors", builtin.EXTRACTORS),
            ("register_exporters", builtin.EXPORTERS),
        )
        for entry in entries
    ],
    ids=lambda value: getattr(value, "name", value),
)
def test_the_words_of_what_is_built_in_are_known(hook, entry):
    assert list(plugins._problems(hook, entry)) == []
    if "aiohttp" in getattr(entry, "modules", ()):
        pytest.importorskip("aiohttp")  # stands at the top of the modules of services
    assert plugins.load(entry.target)
