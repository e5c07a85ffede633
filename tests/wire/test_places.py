import pytest

from shield.label import label
from shield.types import SkipReason, Source
from shield.wire.places import Places, items, mapping, role_of, text


def found(places, node, path=""):
    return {s.path: s.source for s in places.segments(node, path, 0)}


def test_the_nearest_place_above_a_text_says_whose_it_is():
    places = Places()
    places.put("/a", label(Source.USER))
    places.put("/a/b", label(Source.TOOL))

    node = {"a": {"x": "one", "b": {"y": "two"}}, "ab": "three"}

    assert found(places, node) == {
        "/a/x": Source.USER,
        "/a/b/y": Source.TOOL,
        "/ab": Source.DOCUMENT,
    }


def test_a_key_that_looks_like_a_path_is_no_place():
    places = Places()
    places.put("/a/b", label(Source.SYSTEM))

    assert found(places, {"a/b": "text one", "a~1b": "text two"}) == {
        "/a~1b": Source.DOCUMENT,
        "/a~01b": Source.DOCUMENT,
    }


def test_every_text_is_found_from_any_depth_in_order():
    node = [["one", {"x": "two"}], "three", None, 4]

    assert [s.text for s in Places().segments(node, "/in", 3)] == ["one", "two", "three"]
    assert {s.turn for s in Places().segments(node, "/in", 3)} == {3}


def test_bytes_are_silent_only_where_they_are_base64_of_no_text():
    places = Places()
    node = {"a": "iVBORw0KGgo=", "b": "hello, you", "c": "aGk=", "d": "aGVsbG8="}
    for name in "abd":
        places.silence(f"/{name}", node[name])
    places.silence("/c", None)

    assert set(found(places, node)) == {"/b", "/c", "/d"}


URL = "data:image/png;base64,iVBORw0KGgo="


def test_a_picture_is_silent_only_in_a_medium_that_was_skipped():
    places = Places()
    places.skip("/a")
    places.skip("/s", SkipReason.SERVER_STATE)

    node = {"a": {"image_url": URL, "alt": URL}, "image_url": URL, "s": {"image_url": URL}}

    assert set(found(places, node)) == {"/a/alt", "/image_url", "/s/image_url"}


def test_what_is_skipped_is_kept_with_its_reason():
    places = Places()
    places.skip("/a")
    places.skip("/b", SkipReason.SERVER_STATE)

    assert [(s.path, s.reason) for s in places.skipped] == [
        ("/a", SkipReason.MEDIA),
        ("/b", SkipReason.SERVER_STATE),
    ]


@pytest.mark.parametrize("role", [None, 3, ["system"], {"role": "system"}, "System", ""])
def test_an_odd_role_is_nobodys(role):
    assert role_of({"role": role}, trust_system=True) is Source.DOCUMENT


@pytest.mark.parametrize(("trust", "source"), [(True, Source.SYSTEM), (False, Source.USER)])
def test_the_system_is_believed_where_the_client_is(trust, source):
    assert role_of({"role": "developer"}, trust_system=trust) is source


@pytest.mark.parametrize("node", [None, 3, "x", ["x"]])
def test_what_has_not_the_form_is_empty(node):
    assert mapping(node) == {}
    assert text([node]) == ""
    assert not list(items(node, ""))
