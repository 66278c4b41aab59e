from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import Environment, StrictUndefined

from harness.config import templates as templating
from harness.config.templates import has_markup, problem, template
from harness.errors import BadInput

FIELDS = ("input", "context")

# Any text, with what could confuse a template engine made likely.
values = st.one_of(
    st.text(),
    st.text(alphabet="{}%#- \n\r\t가힣ᄀ$\\x", max_size=20),
    st.sampled_from(["{{ input }}", "{% raw %}", "{# #}", "%(x)s", "{0}", "<b>&amp;</b>", "\ud800", ""]),
    st.integers(),
    st.floats(),
    st.none(),
    st.lists(st.text(max_size=3), max_size=3),
)
literals = st.text(alphabet="가나 :\n'\"<>&%$}{", max_size=10).filter(lambda text: "{" not in text)


def by_jinja(text: str, **fields: object) -> str:
    """Return what Jinja itself makes of a template, without this project's shortcut."""
    own = Environment(undefined=StrictUndefined, keep_trailing_newline=True, autoescape=False)
    return own.from_string(text).render(fields)


@given(before=literals, between=literals, after=literals, first=values, second=values)
def test_inserting_fields_says_what_jinja_says(before, between, after, first, second):
    text = f"{before}{{{{ input }}}}{between}{{{{context}}}}{after}"
    assert templating._insertions(text) is not None
    assert template(text)({"input": first, "context": second}) == by_jinja(text, input=first, context=second)


@given(value=values)
def test_what_a_field_holds_is_never_read_as_a_template(value):
    assert template("[{{ input }}]")({"input": value}) == f"[{value}]"


@pytest.mark.parametrize("text", ["", "문장:\n감정:", "100 % {가} %(a)s }}", "끝\n", "\r\n"])
def test_a_text_without_jinja_stays_as_it_is(text):
    assert not has_markup(text)
    assert template(text)({}) == text


@pytest.mark.parametrize("value", ["끝", ""])
def test_line_ends_at_the_end_of_a_template_stay(value):
    assert template("{{ input }}\n\n")({"input": value}) == f"{value}\n\n"
    assert template("{% if true %}{{ input }}{% endif %}\n")({"input": value}) == f"{value}\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{% if context %}{{ context }}\n{% endif %}{{ input }}", "바다\n산"),
        ("{{ input | upper }}", "산"),
        ("{% for word in words %}{{ loop.index }}. {{ word }}\n{% endfor %}", "1. 강\n2. 들\n"),
        ("{{ words | join('/') }}", "강/들"),
        ("{{ words[1] }}", "들"),
        ("{{ input ~ context }}", "산바다"),
        ("{{ input | replace('산', '섬') }}", "섬"),
        ("{# 말없이 #}{{ input }}", "산"),
        ("{{ '{{' }}{{ input }}", "{{산"),
        ("{% raw %}{{ input }}{% endraw %}", "{{ input }}"),
        ("{{ input }}{{- context }}", "산바다"),
        ("{% set first = words[0] %}{{ first }}", "강"),
        ("{{ range(2) | list }}", "[0, 1]"),
        ("{{ none }}{{ true }}{{ 3 }}", "NoneTrue3"),
    ],
)
def test_conditions_filters_and_loops_are_jinjas(text, said):
    fields = {"input": "산", "context": "바다", "words": ["강", "들"]}
    assert template(text)(fields) == said == by_jinja(text, **fields)


def test_a_field_may_be_called_as_a_jinja_global():
    assert template("{{ dict }} {{ range }}")({"dict": "사전", "range": "들판"}) == "사전 들판"


def test_a_value_is_not_escaped_for_html():
    assert template("{{ input }}{% if true %}{{ input }}{% endif %}")({"input": "<&>"}) == "<&><&>"


@pytest.mark.parametrize("text", ["{{ input }}", "{% if true %}{{ input }}{% endif %}"])
def test_half_a_surrogate_pair_passes_through(text):
    assert template(text)({"input": "가\ud800"}) == "가\ud800"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{% if nothing %}x{% endif %}", "'nothing' is undefined"),
        ("{{ nothing | upper }}", "'nothing' is undefined"),
        ("{{ input.nothing }}", "has no attribute 'nothing'"),
        ("{{ input[99] }}", "has no element 99"),
        ("{{ input + 1 }}", "can only concatenate str"),
        ("{{ 1 / 0 }}", "division by zero"),
        ("{{ range(10 ** 9) | list | length }}", "Range too big"),
        ("{{ input.__class__.__mro__ }}", "unsafe"),
        ("{{ ''.__class__ }}", "unsafe"),
        ("{{ words.append('x') }}", "unsafe"),
        ("{{ '%s' | format }}", "not enough arguments"),
        ("{% include 'secret' %}", "no loader"),
    ],
)
def test_a_template_that_fails_on_a_value_is_one_line_of_the_users(text, reason):
    with pytest.raises(BadInput, match=reason) as error:
        template(text)({"input": "산", "words": ["강"]})
    assert "\n" not in str(error.value)


def test_the_sandbox_lets_no_attribute_lead_to_code():
    for name in ("__globals__", "__subclasses__", "__init__", "__builtins__"):
        with pytest.raises(BadInput):
            template(f"{{{{ input.lower.{name} }}}}")({"input": "산"})


@pytest.mark.parametrize("text", ["", "문장", "{{ input }}", "{% for x in context %}{{ x }}{% endfor %}"])
def test_a_good_template_has_no_problem(text):
    assert problem(text, FIELDS) is None


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("{{ inputs }}", "uses 'inputs', which is no field of the task. Did you mean 'input'?"),
        (
            "{% if contxt %}x{% endif %}",
            "uses 'contxt', which is no field of the task. Did you mean 'context'?",
        ),
        ("{{ zzz }}", "Known: context, input."),
        ("문장\n{{ input", "bad Jinja in line 2"),
        ("{% if input %}", "bad Jinja in line 1"),
        ("{% for %}", "bad Jinja in line 1"),
        ("{{ input | uper }}", "bad Jinja in line 1: No filter named 'uper'"),
    ],
)
def test_a_bad_template_is_told_with_its_line_or_the_nearest_field(text, wanted):
    found = problem(text, FIELDS)
    assert found is not None
    assert wanted in found


def test_a_template_is_compiled_once():
    assert template("{{ input }}!") is template("{{ input }}!")
