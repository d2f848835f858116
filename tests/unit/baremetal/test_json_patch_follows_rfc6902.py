"""JSON patch: what fits is done, what does not is refused, and nothing else is touched."""

import copy
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bessemer.baremetal.api.json_patch import apply, parse
from bessemer.errors import Invalid

names = st.text("abcxyz_-09", min_size=1, max_size=4)
leaves = st.none() | st.booleans() | st.integers() | st.text(max_size=5)
trees = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=12,
)
documents = st.dictionaries(names, trees, min_size=1, max_size=4)


def patched(document, *operations):
    keys = ("op", "path", "value")
    return apply(document, parse([dict(zip(keys, each, strict=False)) for each in operations]))


def all_paths(tree, prefix=""):
    """Every path below a document, with what is there."""
    items = tree.items() if isinstance(tree, dict) else enumerate(tree)
    for key, value in items:
        path = f"{prefix}/{key}"
        yield path, value
        if isinstance(value, dict | list):
            yield from all_paths(value, path)


@given(documents, st.data(), trees)
def test_replacing_what_is_there_changes_that_and_nothing_else(document, data, value):
    before = copy.deepcopy(document)
    path = data.draw(st.sampled_from([path for path, _ in all_paths(document)]))
    after = patched(document, ("replace", path, value))
    assert dict(all_paths(after))[path] == value
    assert document == before
    elsewhere = {
        p: v
        for p, v in all_paths(before)
        if not p.startswith(path + "/") and not path.startswith(p + "/") and p != path
    }
    assert elsewhere.items() <= dict(all_paths(after)).items()


@given(documents, st.data())
def test_what_was_removed_is_gone_and_adding_it_again_restores_the_document(document, data):
    inside = [(p, v) for p, v in all_paths(document) if p.count("/") > 1]
    if not inside:
        return
    path, value = data.draw(st.sampled_from(inside))
    without = patched(document, ("remove", path))
    assert without != document
    assert patched(without, ("add", path, value)) == document


@given(documents, st.lists(st.tuples(st.sampled_from(["add", "replace", "remove"]), names, trees)))
def test_any_patch_is_done_or_refused_but_never_a_fault(document, steps):
    with suppress(Invalid):
        patched(document, *[(op, f"/{name}", value) for op, name, value in steps])


def test_removing_a_whole_attribute_leaves_null():
    assert patched({"extra": {"a": 1}}, ("remove", "/extra")) == {"extra": None}


def test_adding_below_an_attribute_that_is_null_makes_an_object():
    assert patched({"extra": None}, ("add", "/extra/a", 1)) == {"extra": {"a": 1}}


def test_lists_grow_at_a_position_and_at_their_end():
    after = patched({"e": {"l": [1, 3]}}, ("add", "/e/l/1", 2), ("add", "/e/l/-", 4))
    assert after == {"e": {"l": [1, 2, 3, 4]}}
    assert patched(after, ("remove", "/e/l/0"), ("replace", "/e/l/0", 9)) == {"e": {"l": [9, 3, 4]}}


def test_operations_see_what_those_before_them_did():
    after = patched({"e": {}}, ("add", "/e/a", {}), ("add", "/e/a/b", 1), ("remove", "/e/a/b"))
    assert after == {"e": {"a": {}}}


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "test", "path": "/extra", "value": 1},
        {"op": "move", "from": "/extra", "path": "/name"},
        {"op": "copy", "path": "/name", "value": 1},
        {"op": "add", "path": "/extra"},
        {"op": "add", "path": "extra", "value": 1},
        {"op": "add", "path": "", "value": 1},
        {"op": "add", "path": "/", "value": 1},
        {"op": "add", "path": "/extra/", "value": 1},
        {"op": "add", "path": "/extra//a", "value": 1},
        {"op": "add", "path": "/extra/a b", "value": 1},
        {"op": "add", "path": "/extra/a~1b", "value": 1},
        {"op": "add", "path": "/extra\n", "value": 1},
        {"op": "add", "path": "/extra/\x00", "value": 1},
        {"op": "add", "path": 7, "value": 1},
        {"op": ["add"], "path": "/extra", "value": 1},
        {"op": "add", "path": "/a" * 26, "value": 1},
        {"path": "/extra", "value": 1},
        "add",
        None,
    ],
)
def test_what_is_no_operation_is_refused(operation):
    with pytest.raises(Invalid):
        parse([operation])


@pytest.mark.parametrize("body", [{}, {"op": "add"}, "x", 1, None])
def test_a_patch_is_a_list(body):
    with pytest.raises(Invalid):
        parse(body)


@pytest.mark.parametrize(
    ("op", "path"),
    [
        ("remove", "/extra/none"),
        ("replace", "/extra/none"),
        ("add", "/extra/none/deeper"),
        ("add", "/extra/text/deeper"),
        ("remove", "/extra/list/2"),
        ("replace", "/extra/list/-"),
        ("remove", "/extra/list/-"),
        ("add", "/extra/list/3"),
        ("add", "/extra/list/01"),
        ("add", "/extra/list/-1"),
        ("add", "/extra/list/x"),
        ("replace", "/extra/list/9999999999"),
        ("remove", "/nothing/at"),
    ],
)
def test_what_does_not_fit_is_refused(op, path):
    document = {"extra": {"text": "abc", "list": [1, 2]}, "nothing": None}
    with pytest.raises(Invalid, match="Couldn't apply patch"):
        patched(document, (op, path, 1))
