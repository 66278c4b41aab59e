"""An option is declared once: the command line, Python and the page of options are made from that."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import Annotated

import pytest
import typer

from harness import api
from harness.cli.app import COMMANDS, command
from harness.cli.reference import page
from harness.cli.signature import Command
from harness.errors import BadInput
from harness.options.flags import Flag, Positional, declared, from_environment
from harness.options.keywords import taking
from harness.options.running import RunOptions
from tests.support.paths import ROOT

NAMES = [one.name for one in COMMANDS]


def spelt(name: str) -> set[str]:
    """Return the spellings that a command of the built command line takes."""
    params = command().commands[name].params
    return {text for one in params for text in (*one.opts, *one.secondary_opts) if text.startswith("-")}


@pytest.mark.parametrize("one", COMMANDS, ids=NAMES)
def test_a_commands_options_are_those_that_are_declared_for_it(one):
    flags = [each.flag for each in one.parameters.values() if not isinstance(each.flag, Positional)]
    of_typers_own = {"--help", "-h"}
    assert spelt(one.name) - of_typers_own == {
        text for flag in flags for each in flag.names.split() for text in each.split("/")
    }


@pytest.mark.parametrize("one", COMMANDS, ids=NAMES)
def test_each_is_explained_in_english_and_korean(one):
    for each in one.parameters.values():
        for words in (each.flag.words(one.name), each.flag):
            assert words.help.isascii()
            assert not words.ko.isascii(), words.ko


def test_an_option_is_declared_for_commands_that_there_are():
    for one in declared(RunOptions).values():
        assert set(one.flag.on.split()) <= set(NAMES), one.name
        assert set(one.flag.told) <= set(one.flag.on.split()), one.name


def test_pythons_keywords_are_the_declared_options_with_their_defaults():
    keywords = inspect.signature(api.run).parameters
    assert list(keywords) == list(declared(RunOptions))
    for name, one in declared(RunOptions).items():
        if name not in ("task", "backend"):
            assert keywords[name].default == one.default
            assert keywords[name].kind is inspect.Parameter.KEYWORD_ONLY


def test_every_option_of_harness_run_is_a_keyword_but_what_only_a_terminal_needs():
    (run,) = (one for one in COMMANDS if one.name == "run")
    assert set(run.parameters) ^ set(declared(RunOptions)) == {"grid", "resume", "json", "lang"}


@pytest.mark.parametrize(
    ("lang", "name"), [("en", "en/reference/options.md"), ("ko", "ko/reference/options.md")]
)
def test_the_page_of_options_is_the_declared_ones(lang, name):
    assert (ROOT / "docs" / name).read_text(encoding="utf-8") == page(lang)


# One more option is one more field


@dataclass(frozen=True)
class More(RunOptions):
    """The options of a run, and one that there isn't."""

    patience: Annotated[
        int,
        Flag("--patience", least=0, metavar="N", help="how long", ko="참을성", on="run estimate try"),
    ] = 3


def run(options: More) -> int:
    """Do nothing."""
    return options.patience


def export(options: More) -> int:
    """Do nothing."""
    return options.patience


def show(name: Annotated[str, Positional("NAME", help="which", ko="이름")], options: More) -> int:
    """Return the length of its own name; the options have none."""
    assert options.name is None
    return len(name)


def made(function):
    app = typer.Typer(add_completion=False, rich_markup_mode=None)
    app.command(function.__name__)(Command.of(function).typed())
    return typer.main.get_command(app)


def test_a_new_field_is_an_option_of_the_commands_that_it_names():
    assert made(run)(["--patience", "5"], standalone_mode=False) == 5
    assert made(run)([], standalone_mode=False) == 3
    assert "patience" not in Command.of(export).parameters


def test_a_new_field_is_checked_on_the_command_line():
    with pytest.raises(Exception, match="greater than or equal to 0"):
        made(run)(["--patience", "-1"], standalone_mode=False)


def test_a_new_field_is_a_keyword_with_its_default_and_its_check():
    call = taking(More)(run)
    assert call("a", "b", patience=7) == 7
    assert inspect.signature(call).parameters["patience"].default == 3
    with pytest.raises(BadInput, match=r"patience=-1: should be a whole number from 0"):
        call("a", "b", patience=-1)


def test_a_commands_own_parameter_may_be_called_as_an_option_of_runs():
    assert made(show)(["abc"], standalone_mode=False) == 3


def test_a_parameter_that_nobody_declared_is_a_fault_of_the_program():
    def odd(patience: int = 3) -> int:
        return patience

    with pytest.raises(TypeError, match="odd: patience is declared nowhere"):
        Command.of(odd)


# What was said


def test_what_was_said_is_kept_as_it_was_given():
    options = RunOptions("nsmc", ["nb", "tfidf"], limit=3, repeat=1)
    assert options.said == {"task": "nsmc", "backend": ["nb", "tfidf"], "limit": 3}
    assert (options.task, options.backend) == (["nsmc"], ["nb", "tfidf"])


def test_the_environment_speaks_where_nobody_else_did():
    environment = {"HARNESS_DATA": "there", "HARNESS_USD_KRW": "1390@2026-11-01", "HARNESS_LANG": "ko"}
    said = from_environment(RunOptions("a", "b"), environment)
    assert (str(said.data_dir), said.usd_krw) == ("there", "1390@2026-11-01")
    assert str(from_environment(RunOptions("a", "b", data_dir="here"), environment).data_dir) == "here"


def test_a_rate_in_the_environment_that_is_none_is_told():
    with pytest.raises(BadInput, match=r"--usd-krw 1390: should be won a dollar and the day"):
        from_environment(RunOptions("a", "b"), {"HARNESS_USD_KRW": "1390"})


def test_help_speaks_korean_where_the_environment_does(monkeypatch):
    monkeypatch.setenv("HARNESS_LANG", "ko")
    said = made(run).get_help(typer.Context(made(run), info_name="run"))
    assert "질문을 쓰는 방식" in said
    assert "how the query is written" not in said
