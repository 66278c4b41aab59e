"""The page of all options, written from where they are declared.

python -m harness.cli.reference [ko] > docs/en/reference/options.md
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import MISSING, dataclass

from harness.cli.app import COMMANDS
from harness.cli.output import emit
from harness.options.flags import Parameter, Positional, declared
from harness.options.running import RunOptions

TITLES = {
    "en": (
        "Options",
        "Written by `python -m harness.cli.reference` from the declarations in `harness/options` and in the "
        "commands' modules; a test holds it complete. An option of a run is also a keyword of `harness.run`.",
        "Of runs, and of what is like one",
        "Of several commands",
        "Of one command",
        ("option", "keyword in Python", "what it does", "default", "environment", "commands"),
        "has to be given",
    ),
    "ko": (
        "옵션",
        "`harness/options`와 각 명령의 모듈에 선언된 것을 `python -m harness.cli.reference ko`가 옮겨 쓴 "
        "문서이며, 빠진 것이 없는지 테스트가 확인합니다. 실행의 옵션은 `harness.run`의 키워드이기도 합니다.",
        "실행과 그에 준하는 명령의 옵션",
        "여러 명령이 함께 쓰는 옵션",
        "한 명령만의 옵션",
        ("옵션", "파이썬 키워드", "하는 일", "기본값", "환경 변수", "명령"),
        "꼭 필요",
    ),
}


@dataclass(frozen=True)
class _Row:
    parameter: Parameter
    commands: tuple[str, ...]


def _rows() -> list[_Row]:
    """Return each declared option with the commands that take it, in the commands' order."""
    found: dict[int, tuple[Parameter, list[str]]] = {}
    for command in COMMANDS:
        for one in command.parameters.values():
            found.setdefault(id(one.flag), (one, []))[1].append(command.name)
    return [_Row(one, tuple(names)) for one, names in found.values()]


def page(lang: str = "en") -> str:
    """Return the page in English or Korean."""
    title, about, runs, several, single, columns, required = TITLES[lang]
    keywords = declared(RunOptions)
    rows = _rows()
    of_runs = [row for row in rows if row.parameter.name in keywords and _is_keyword(row.parameter)]
    rest = [row for row in rows if row not in of_runs]
    parts = (
        (runs, of_runs),
        (several, [row for row in rest if len(row.commands) > 1]),
        (single, [row for row in rest if len(row.commands) == 1]),
    )
    lines = [f"# {title}", "", about]
    for heading, members in parts:
        lines += ["", f"## {heading}", "", *_table(members, columns, lang, required)]
    return "\n".join(lines) + "\n"


def _is_keyword(one: Parameter) -> bool:
    return declared(RunOptions)[one.name].flag is one.flag


def _table(rows: Iterable[_Row], columns: Iterable[str], lang: str, required: str) -> Iterator[str]:
    columns = list(columns)
    yield f"| {' | '.join(columns)} |"
    yield "|" + "---|" * len(columns)
    for row in rows:
        cells = (_spelt(row), _keyword(row.parameter), _words(row, lang), _default(row.parameter, required))
        env = f"`{row.parameter.flag.env}`" if row.parameter.flag.env else ""
        yield f"| {' | '.join([*cells, env, ', '.join(row.commands)])} |"


def _spelt(row: _Row) -> str:
    flag = row.parameter.flag
    if isinstance(flag, Positional):
        return f"`{_cell(flag.names)}`"
    value = f" {flag.metavar}" if flag.metavar else ""
    return ", ".join(f"`{_cell(name + value)}`" for name in flag.names.split())


def _keyword(one: Parameter) -> str:
    return f"`{one.name}`" if one.name in declared(RunOptions) and _is_keyword(one) else ""


def _words(row: _Row, lang: str) -> str:
    """Return the line of help, and those of commands where it means something narrower."""
    flag = row.parameter.flag
    narrower = {name: flag.told[name] for name in row.commands if name in flag.told}
    told = [flag.help if lang == "en" else flag.ko]
    told += [f"{name}: {words.help if lang == 'en' else words.ko}" for name, words in narrower.items()]
    return _cell("; ".join(told))


def _default(one: Parameter, required: str) -> str:
    if one.usual is MISSING:
        return required
    shown = one.usual is not None and one.usual is not False and one.usual not in ((), [], "")
    return f"`{one.usual}`" if shown else ""


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    emit(page("ko" if "ko" in sys.argv[1:] else "en"), end="")
