"""JSON patches on an image as a value."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bessemer.errors import BessemerError, Forbidden
from bessemer.image.domain.image import Image, Status
from bessemer.image.domain.patch import patched

MOMENT = datetime(2026, 1, 31, tzinfo=UTC)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)
NAMES = st.sampled_from(
    [
        "/name",
        "/id",
        "/status",
        "/tags",
        "/min_disk",
        "/owner",
        "/disk_format",
        "/own",
        "",
        "/",
        "x",
    ]
)


def an_image(**values):
    return Image(id="i", created_at=MOMENT, updated_at=MOMENT, **values)


@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "op": st.text() | st.sampled_from(["add", "remove", "replace"]),
                "path": NAMES | JSON,
                "value": JSON,
            }
        )
        | JSON
    )
)
def test_no_patch_breaks_an_image(operations):
    before = an_image(properties={"own": "value"}, status=Status.ACTIVE, disk_format="raw")
    try:
        after = patched(before, operations)
    except BessemerError:
        return
    assert (after.id, after.status, after.size) == (before.id, before.status, before.size)
    assert after.disk_format == "raw"
    assert all(isinstance(value, str) for value in after.properties.values())


@given(st.text(min_size=1, max_size=255).filter(lambda name: "\0" not in name))
def test_a_property_of_any_name_can_be_added_and_removed_again(name):
    path = "/" + name.replace("~", "~0").replace("/", "~1")
    add = {"op": "add", "path": path, "value": "v"}
    try:
        added = patched(an_image(), [add])
    except BessemerError:
        return
    if added.properties:
        assert added.properties == {name: "v"}
        assert patched(added, [{"op": "remove", "path": path}]).properties == {}


def test_formats_are_fixed_once_there_is_data():
    change = [{"op": "replace", "path": "/disk_format", "value": "iso"}]
    assert patched(an_image(), change).disk_format == "iso"
    with pytest.raises(Forbidden):
        patched(an_image(status=Status.ACTIVE), change)
