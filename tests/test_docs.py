"""The documents: in two languages, made of the code where they list it, and right in what they show."""

from __future__ import annotations

import contextlib
import itertools
import re
import shlex
from pathlib import Path
from typing import Any

import click
import pytest
import typer
import yaml

import harness
from harness.backends import backend as backends
from harness.cli.app import app
from harness.schema import Profile
from harness.tasks import task as tasks
from tests.support.docs_site import module
from tests.support.paths import ROOT
from tests.support.reading import Reader, occurs, steps
from tests.support.remote import request
from tests.support.running import Project
from tests.support.servers import Server, status, whole

DOCS = ROOT / "docs"
PAGES = sorted(path for language in ("en", "ko") for path in (DOCS / language).rglob("*.md"))
NAMES = [str(path.relative_to(DOCS)) for path in PAGES]


def text(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def blocks(name: str, kind: str) -> list[str]:
    return re.findall(rf"```{kind}\n(.*?)```", text(name), flags=re.DOTALL)


def commands(name: str) -> list[list[str]]:
    lines = [line for block in blocks(name, "console") for line in block.splitlines()]
    typed = [shlex.split(line[2:], comments=True) for line in lines if line.startswith("$ ")]
    return [words[1:] for words in typed if words[0] == "harness"]


def test_every_page_is_there_in_both_languages():
    assert module("build").unpaired() == []


def test_the_reference_is_what_the_code_declares():
    """Mend it by `python docs/_site/reference.py`."""
    assert [str(path) for path in module("reference").stale()] == []


def test_the_pictures_are_what_their_figures_say():
    """Mend them by `python docs/_site/pictures.py`."""
    pictures = module("pictures")
    for number, lit in pictures.LESSONS.items():
        assert (pictures.FOLDER / f"{number}.svg").read_text(encoding="utf-8") == pictures.picture(*lit)


def test_the_pictures_figures_are_the_ladders():
    ladder = (ROOT / "benchmarks" / "ladder.md").read_text(encoding="utf-8")
    for name, (accuracy, low, high, seconds) in module("pictures").RUNGS.items():
        row = next(line for line in ladder.splitlines() if line.startswith(f"| {name} |"))
        assert f"{accuracy:.4f} [{low:.4f}, {high:.4f}]" in row
        assert f"| {seconds:,} s |" in row


@pytest.mark.parametrize("name", NAMES)
def test_a_pages_commands_are_commands(name):
    group = typer.main.get_command(app)
    for words in commands(name):
        typed = itertools.takewhile(lambda one: one not in ("||", "&&", "&"), words)
        name_of, *rest = typed
        try:
            group.commands[name_of].make_context(name_of, rest)
        except click.UsageError as error:
            pytest.fail(f"harness {shlex.join(words)}: {error.format_message()}")


@pytest.mark.parametrize("name", NAMES)
def test_the_tasks_and_backends_that_a_page_names_exist(name):
    own = {Path(one).stem for one in re.findall(r"# (?:tasks|backends)/(\w+)\.yaml", text(name))}
    own |= {"my_task", "my_tfidf", "small_server", "delivery"}  # of examples, and of `harness init`
    own |= {"phi-4", "gpt-4o-mini", "gpt-5.1", "claude-sonnet-4"}  # profiles of recorded replies
    for words in commands(name):
        for flag, load in (("-t", tasks.load), ("--task", tasks.load), ("-b", backends.load)):
            for given in [words[i + 1] for i, word in enumerate(words) if word == flag]:
                for one in set(given.split(",")) - own:
                    assert one in tasks.catalogue() or load(one)


@pytest.mark.parametrize("name", NAMES)
def test_a_pages_links_lead_to_pages(name):
    for link in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text(name)):
        if ":" not in link:
            place = ((DOCS / name).parent / link).resolve()
            assert place.is_file(), link
            assert place.is_relative_to(DOCS), f"{link}: only pages are in the site; name it as code"


@pytest.mark.parametrize("name", NAMES)
def test_a_pages_yaml_is_yaml(name):
    for block in blocks(name, "yaml"):
        assert yaml.safe_load(block)


@pytest.mark.parametrize("name", ["en/guides/task.md", "ko/guides/task.md"])
def test_the_guides_task_is_right(name, tmp_path):
    (block,) = blocks(name, "yaml")
    path = tmp_path / "delivery.yaml"
    path.write_text(block, encoding="utf-8")
    assert [option.label for option in tasks.load(str(path)).options] == ["yes", "no"]


@pytest.mark.parametrize("name", ["en/guides/backend.md", "ko/guides/backend.md"])
def test_the_guides_backend_is_right(name, tmp_path):
    (block,) = blocks(name, "yaml")
    path = tmp_path / "our_bot.yaml"
    path.write_text(block, encoding="utf-8")
    assert backends.load(str(path)).name == "our_bot"


@pytest.mark.parametrize("name", ["en/guides/adapters.md", "ko/guides/adapters.md"])
def test_the_guides_adapter_of_an_api_tries_a_busy_server_again(name):
    pytest.importorskip("aiohttp")
    (block,) = [block for block in blocks(name, "python") if "Concurrent" in block]
    defined: dict[str, Any] = {}
    exec(block, defined)
    with Server() as server:
        reply = whole('{"reply": "네"}'.encode(), Content_Type="application/json")
        server.answer("/ask", status(503, Retry_After="0"), reply)
        settings = {"url": f"{server.url}/ask"}
        with contextlib.closing(defined["OurBot"](Profile("our_bot", "our_bot", settings=settings))) as bot:
            answers = list(bot.answer(iter([request("a")])))
        assert [one.text for one in answers] == ["네"]
        assert len(server.seen) == 2


RUN = [name for name in NAMES if "<!-- run -->" in text(name)]


@pytest.mark.parametrize("name", RUN)
def test_what_a_page_shows_is_what_comes_out(name, tmp_path):
    reader = Reader(tmp_path)
    for part in text(name).split("<!-- run -->\n")[1:]:
        block = part[: part.index("```", 3) + 3]
        for command, shown in steps(block):
            code, output = reader.type(command)
            assert code == 0, f"$ {command}\n{output}"
            assert [line for line in shown if not occurs(line, output)] == [], f"$ {command}\n{output}"


@pytest.mark.parametrize("name", NAMES)
def test_a_page_names_no_file_of_the_repository_that_is_not_there(name):
    named = re.findall(r"`((?:examples|harness|benchmarks|docs)/[\w./-]+)`", text(name))
    assert [one for one in named if not (ROOT / one.rstrip("/")).exists()] == []


def test_the_citation_is_of_this_version():
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert cited["version"] == harness.__version__


@pytest.mark.parametrize("language", ["en", "ko"])
class TestPagesThatListEverything:
    def test_every_command_is_on_its_page(self, language):
        page = text(f"{language}/reference/commands.md")
        assert not [name for name in typer.main.get_command(app).commands if f"harness {name}" not in page]

    def test_the_catalogue_counts_every_task_and_names_each_or_its_group(self, language):
        page = text(f"{language}/reference/catalogue.md")
        listed = re.findall(r"`([a-z0-9_*]+)`", page[page.index("|---|---|---|") :])
        known = tasks.catalogue()
        groups = {one for one in listed if one in known and tasks.is_group(known[one][0])}
        members = set(tasks.expand(groups))
        shown = set(tasks.expand(["all"]))
        assert re.search(rf"(?<!\d){len(shown)}(?!\d)", page)
        assert not [
            task
            for task in shown - members
            if not any(task.startswith(one.removesuffix("*")) for one in listed)
        ]

    def test_the_answers_of_the_guide_score_what_it_says(self, language, tmp_path):
        (answers,) = blocks(f"{language}/guides/score.md", "json")
        shown = next(
            block for block in blocks(f"{language}/guides/score.md", "console") if "harness score" in block
        )
        project = Project(tmp_path)
        project.write("answers.jsonl", answers)
        command, *output = shown.splitlines()
        done = project.harness(*shlex.split(command.removeprefix("$ harness ")))
        assert done.stdout.splitlines() == output

    def test_the_guides_task_runs_on_a_csv_of_ones_own(self, language, tmp_path):
        (block,) = blocks(f"{language}/guides/task.md", "yaml")
        project = Project(tmp_path)
        project.write("tasks/delivery.yaml", block)
        rows = [
            ("언제 도착하나요", "yes"),
            ("환불해 주세요", "no"),
            ("택배가, 안 와요", "yes"),
            ("색이 달라요", "no"),
        ] * 3
        for split in ("train", "test"):
            lines = "".join(f'"{said}",{label}\r\n' for said, label in rows)
            project.write(f"tasks/delivery/{split}.csv", f"\ufefftext,label\r\n{lines}")
        done = project.harness("run", "-t", "delivery", "-b", "tfidf,random")
        assert done.returncode == 0, done.stderr
        assert "| tfidf" in done.stdout
        assert project.harness("check").returncode == 0
