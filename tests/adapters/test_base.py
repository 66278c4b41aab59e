"""What an adapter can do is what it has methods of its own for; wrappers say what the adapter within says."""

from __future__ import annotations

import pytest

from harness import plugins, schema
from harness.adapters.base import METHODS, Adapter, Capability, DuckTyped, Wrapper, as_adapter
from harness.evaluation.wrappers.budget import Budgeted
from harness.evaluation.wrappers.cache import Cached
from harness.schema import Decoding, Response

EACH = pytest.mark.parametrize("what", Capability, ids=lambda what: what.name.lower())


def methods(what: Capability):
    """Return methods of one's own for a capability, each of which says its name and what it was given."""
    return {name: lambda self, *given, name=name: (name, *given) for name in what.value}


def answering(self, requests):
    return iter([Response(("1", 0), text="one")])


def adapter(*whats: Capability, base: type = Adapter):
    """Return an adapter that can do these things, or an object that looks like one."""
    own = {name: method for what in whats for name, method in methods(what).items()}
    bases = () if base is object else (base,)
    return type("Made", bases, {"answer": answering, "close": lambda self: "closed", **own})()


WRAPPED = {
    "itself": lambda found: found,
    "wrapper": Wrapper,
    "cache": lambda found: Cached(found, None, None, None),
    "budget": lambda found: Budgeted(found, None, None, None, None),
    "both": lambda found: Cached(Budgeted(found, None, None, None, None), None, None, None),
}
around = pytest.mark.parametrize("wrapped", WRAPPED.values(), ids=WRAPPED)
kinds = pytest.mark.parametrize("base", [Adapter, object], ids=["inheriting", "duck-typed"])


@EACH
@around
@kinds
def test_one_thing_that_an_adapter_can_do_is_all_it_can_do(what, wrapped, base):
    found = wrapped(as_adapter(adapter(what, base=base)))
    assert [one for one in Capability if found.can(one)] == [what]


@EACH
@around
@kinds
def test_what_it_can_do_is_done_by_its_own_methods(what, wrapped, base):
    found = wrapped(as_adapter(adapter(what, base=base)))
    arguments = {"fit": 2, "nearest": 2, "prepare": 0, "drain": 0, "took": 0, "identity": 0, "loaded": 0}
    for name in what.value:
        given = ("a", "b")[: arguments.get(name, 1)]
        assert getattr(found, name)(*given) == (name, *given)
    assert found.close() in ("closed", None)


@EACH
@kinds
def test_half_of_the_methods_is_nothing(what, base):
    if len(what.value) == 1:
        pytest.skip("it takes one method")
    found = adapter(base=base)
    setattr(type(found), what.value[0], lambda self, *given: None)
    assert not as_adapter(found).can(what)


@around
@kinds
def test_what_has_a_neutral_meaning_may_be_asked_of_everybody(wrapped, base):
    found = wrapped(as_adapter(adapter(base=base)))
    assert (found.prepare(), found.equip(None), found.took()) == (None, None, None)
    assert (found.identity(), found.loaded()) == ({}, {})
    assert found.sent(Decoding(temperature=0.0)) == {"temperature": 0.0}
    for name, given in (("fit", ("a", "b")), ("drain", ()), ("export", ("a",)), ("count_tokens", ("a",))):
        with pytest.raises(NotImplementedError):
            getattr(found, name)(*given)


def test_a_method_of_none_takes_a_capability_back():
    class Can(Adapter):
        answer = answering

        def count_tokens(self, text):
            return 1

    class Cannot(Can):
        count_tokens = None

    assert Can().can(Capability.COUNT_TOKENS)
    assert not Cannot().can(Capability.COUNT_TOKENS)


def test_an_adapter_that_answers_nothing_is_none():
    with pytest.raises(TypeError, match="answer"):
        Adapter()
    with pytest.raises(AttributeError, match="answer"):
        as_adapter(object())


def test_a_duck_typed_adapter_is_not_asked_twice_a_response():
    bare = adapter(base=object)
    found = as_adapter(bare)
    assert isinstance(found, DuckTyped)
    assert found.answer.__func__ is type(bare).answer


@pytest.mark.parametrize("name", ["Adapter", "Learner", "Trains", "Drains", "Identified", "SaysDecoding"])
def test_the_protocols_of_before_are_the_base_class(name):
    assert getattr(schema, name) is Adapter


def test_another_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'Lerner'"):
        schema.Lerner  # noqa: B018


def test_every_method_but_answering_and_closing_is_of_a_capability():
    own = {name for name, value in vars(Adapter).items() if callable(value) and not name.startswith("_")}
    assert own - {"answer", "close", "can"} == set(METHODS)


def test_an_entry_says_that_it_learns_where_its_class_does():
    for name, entry in plugins.adapters().items():
        if not entry.modules and not entry.extra:
            target = plugins.load(entry.target)
            if isinstance(target, type):
                learns = all(getattr(target, one) is not getattr(Adapter, one) for one in ("fit", "save"))
                assert learns == entry.learns, name
