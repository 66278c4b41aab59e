"""What the values of options mean: lists, grids, limits."""

from __future__ import annotations

import sys

import pytest

from harness.errors import BadInput
from harness.options import values


@pytest.mark.parametrize(
    ("given", "names"),
    [
        (None, []),
        (["a"], ["a"]),
        (["a,b"], ["a", "b"]),
        (["a", "b,c"], ["a", "b", "c"]),
        ([" a , b ,"], ["a", "b"]),
        (["a,a", "a"], ["a"]),
        (["b,a"], ["b", "a"]),
        ([""], []),
        (["tasks/a.yaml,감성"], ["tasks/a.yaml", "감성"]),
    ],
)
def test_names_are_listed_by_commas_or_by_repeating_the_option(given, names):
    assert values.names(given) == names


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        (None, None),
        ("1", 1),
        ("100", 100),
        ("+100", 100),
        ("007", 7),
        (str(sys.maxsize), sys.maxsize),
        ("0.1", 0.1),
        (".5", 0.5),
        ("1.0", 1.0),
        ("1e-3", 0.001),
        ("10%", 0.1),
        ("0.5%", 0.005),
        ("100%", 1.0),
    ],
)
def test_a_limit_is_a_count_or_a_share(text, meant):
    found = values.limit(text)
    assert found == meant
    assert type(found) is type(meant)


@pytest.mark.parametrize(
    "text", ["0", "-1", "-0.1", "0.0", "0%", "1.5", "101%", "nan", "inf", "-inf", "1e400"]
)
def test_what_no_part_of_the_data_is_is_refused(text):
    with pytest.raises(BadInput, match=r"^--limit .* a count such as 100, or a share such as 0\.1$"):
        values.limit(text)


@pytest.mark.parametrize(
    "text", ["x", "", "%", "1,5", "½", "²", "1_0.5", "0x10", "10 %%", "9" * 5000, str(sys.maxsize + 1)]
)
def test_what_is_neither_is_refused(text):
    with pytest.raises(BadInput, match=r"^--limit .* a count such as 100, or a share such as 0\.1$"):
        values.limit(text)


@pytest.mark.parametrize(("text", "meant"), [("0", 0), ("0.0", 0.0), ("0%", 0.0), ("5", 5), ("1%", 0.01)])
def test_no_failure_at_all_may_be_allowed(text, meant):
    assert values.limit(text, "--max-failures") == meant


@pytest.mark.parametrize(
    ("given", "several"),
    [
        ("k=1", [1]),
        ("k=0,0.7", [0, 0.7]),
        ("k=a,b,c", ["a", "b", "c"]),
        ("k=no,12:30,1e3,null,true", ["no", "12:30", 1000.0, None, True]),
        ("k=", [""]),
        ("k=a,,b", ["a", "", "b"]),
        ("k=a=b", ["a=b"]),
        ("k= a , b ", ["a", "b"]),
        # a comma inside brackets or quotes makes no grid
        (r'k=["\n",","]', [["\n", ","]]),
        (r'k=["\n", ","],x', [["\n", ","], "x"]),
        ("k=[a,b],[c]", [["a", "b"], ["c"]]),
        ("k=[[a,b],c],d", [[["a", "b"], "c"], "d"]),
        ("k={a: 1, b: [2,3]},c", [{"a": 1, "b": [2, 3]}, "c"]),
        ('k="a,b","c"', ["a,b", "c"]),
        ("k='a,b',c", ["a,b", "c"]),
        ("k='it''s, so',b", ["it's, so", "b"]),
        (r'k="\",",b', ['",', "b"]),
        ('k=["a]",b],c', [["a]", "b"], "c"]),
        ("k=['[', b],c", [["[", "b"], "c"]),
        # a quote or a bracket inside a word is only a character
        ("k=it's,don't", ["it's", "don't"]),
        ("k=a],b", ["a]", "b"]),
        ("k=/models/a[1],b", ["/models/a[1]", "b"]),
        ("k=https://host:8000/v1,org/name", ["https://host:8000/v1", "org/name"]),
    ],
)
def test_a_value_is_yaml_and_a_comma_outside_brackets_makes_a_grid(given, several):
    assert [one["k"] for one in values.grid([given], "-d")] == several


def test_a_grid_is_the_product_of_its_options():
    assert values.grid(["a=1,2", "b=x,y"], "-d") == [
        {"a": 1, "b": "x"},
        {"a": 1, "b": "y"},
        {"a": 2, "b": "x"},
        {"a": 2, "b": "y"},
    ]


@pytest.mark.parametrize("given", [None, []])
def test_without_options_there_is_one_empty_choice(given):
    assert values.grid(given, "-d") == [{}]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["temperature"], "-m temperature: should be key=value"),
        (["=1"], "-m =1: should be key=value"),
        ([" =1"], "-m  =1: should be key=value"),
        (["a=1", "a=2"], "-m a is given twice; write -m a=a,b for a grid"),
        (["a=1", "a =2"], "-m a is given twice; write -m a=a,b for a grid"),
        (["a=[x"], "-m a=[x: not a YAML value; put it in quotes"),
        (['a="x'], '-m a="x: not a YAML value; put it in quotes'),
        (["a=@x"], "-m a=@x: not a YAML value; put it in quotes"),
        (["a=#x"], "-m a=#x: a comment is no value; put it in quotes"),
        (["a={x: 1, x: 2}"], "-m a={x: 1, x: 2}: 'x' stands twice; the second would hide the first"),
        (["a=!!python/name:os.x"], "-m a=!!python/name:os.x: the tag '!!python/name:os.x' is not used"),
        (["a=" + "9" * 30], f"-m a={'9' * 30}: '{'9' * 30}' is too large a number"),
    ],
)
def test_what_is_no_setting_is_named(given, said):
    with pytest.raises(BadInput) as caught:
        values.grid(given, "-m")
    assert str(caught.value).startswith(said)


@pytest.mark.parametrize(
    ("given", "decodings"),
    [
        (["temperature=0,0.7"], [{"temperature": 0.0}, {"temperature": 0.7}]),
        ([r'stop=["\n",","]'], [{"stop": ["\n", ","]}]),
        ([r'stop="\n",x'], [{"stop": ["\n"]}, {"stop": ["x"]}]),
        (["stop=5"], [{"stop": ["5"]}]),
        (["temperature=0", "seed=1,2"], [{"temperature": 0.0, "seed": 1}, {"temperature": 0.0, "seed": 2}]),
        (["temperature=null"], [{}]),
        (
            ["top_p=1", "min_p=0", "presence_penalty=-2"],
            [{"top_p": 1.0, "min_p": 0.0, "presence_penalty": -2.0}],
        ),
    ],
)
def test_decoding_is_checked_against_the_vocabulary(given, decodings):
    assert values.decodings(given) == decodings


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("temprature=1", "-d: 'temprature': no such key. Did you mean 'temperature'?"),
        ("extends=x", "-d: 'extends': no such key. Known: beams, frequency_penalty, length_penalty"),
        ("temperature=hot", "-d: 'temperature' should be a number, not 'hot'"),
        ("temperature=", "-d: 'temperature' should be a number, not ''"),
        ("temperature=-1", "-d: 'temperature' is -1: input should be greater than or equal to 0"),
        ("temperature=.nan", "-d: 'temperature' is nan: input should be a finite number"),
        ("temperature=0,-1", "-d: 'temperature' is -1: "),
        ("top_p=0", "-d: 'top_p' is 0: input should be greater than 0"),
        ("top_p=1.1", "-d: 'top_p' is 1.1: input should be less than or equal to 1"),
        ("presence_penalty=2.1", "-d: 'presence_penalty' is 2.1: "),
        ("max_tokens=0", "-d: 'max_tokens' is 0: input should be greater than 0"),
        ("max_tokens=1.5", "-d: 'max_tokens' should be a whole number, not 1.5"),
        ("max_tokens=true", "-d: 'max_tokens' should be a whole number, not True"),
        ("n=yes", "-d: 'n' should be a whole number, not 'yes'"),
        ("stop=", "-d: 'stop': should not be empty"),
        ("stop=[[a]]", "-d: 'stop.0': should be text, not ['a']; put it in quotes"),
        ("stop={a: b}", "-d: 'stop' should be a list, not {'a': 'b'}"),
    ],
)
def test_decoding_that_cannot_be_is_named(given, said):
    with pytest.raises(BadInput) as caught:
        values.decodings([given])
    assert str(caught.value).startswith(said)
    assert caught.value.exit_code == 2
