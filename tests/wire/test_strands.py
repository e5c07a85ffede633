import pytest

from shield.errors import WireError
from shield.wire.heard import Text
from shield.wire.strands import Strands, growing, number, whole


def test_texts_of_a_kind_that_follow_one_another_are_one_lane():
    strands = Strands()
    first = strands.grow("a", "text", "/x", "one ")
    strands.close("a")
    second = strands.grow("b", "text", "/x", "two")

    assert (first.lane, second.lane) == ("text", "text")


def test_texts_that_overlap_have_lanes_of_their_own_which_are_used_again():
    strands = Strands()
    lanes = [strands.grow(key, "text", "", "x").lane for key in "abc"]
    strands.close("b")

    assert lanes == ["text", "text/1", "text/2"]
    assert strands.grow("d", "text", "", "x").lane == "text/1"


def test_a_kind_does_not_stand_in_the_way_of_another():
    strands = Strands()

    assert [strands.grow(k, k, "", "x").lane for k in ("text", "thinking")] == ["text", "thinking"]


def test_a_text_that_comes_again_as_a_whole_is_where_its_pieces_are():
    strands = Strands()
    strands.grow("a", "text", "", "one two ")
    strands.close("a")
    for piece in ("three ", "four"):
        strands.grow("b", "text", "", piece)
    strands.close("b")

    assert strands.alone("/y", "three four") == Text("/y", "text", "three four", 8)
    assert strands.alone("/y", "three") == Text("/y", "", "three")


def test_a_text_that_is_not_over_is_not_known_as_a_whole():
    strands = Strands()
    strands.grow("a", "text", "", "one")

    assert strands.alone("/y", "one") == Text("/y", "", "one")
    assert strands.text("a") == "one"
    assert strands.unfinished == ("a",)


def test_what_never_began_has_no_text_and_no_lane():
    strands = Strands()

    assert (strands.text("a"), strands.close("a"), strands.known("text")) == ("", (), False)


def test_an_empty_text_is_nothing_to_repeat():
    strands = Strands()
    strands.grow("a", "text", "", "")

    assert strands.close("a") == ("text",)
    assert strands.alone("/y", "") == Text("/y", "", "")


def test_more_texts_at_once_than_anybody_needs_are_refused():
    strands = Strands()
    for key in range(256):
        strands.grow(key, "text", "", "")

    with pytest.raises(WireError) as caught:
        strands.grow(256, "text", "", "")

    assert (caught.value.code, len(strands.unfinished)) == ("too_many_open", 256)


def test_the_strings_of_an_event_stand_by_themselves_but_for_those_that_are_read():
    document = {"type": "text_delta", "delta": {"text": "read", "to come": ["x", "", 3]}}

    found = list(whole(Strands(), document, frozenset({"/delta/text"})))

    assert found == [Text(None, "", "to come"), Text("/delta/to come/0", "", "x")]


def test_the_strings_of_an_unknown_event_go_on_in_the_next_but_for_names():
    strands = Strands()
    events = [{"type": "odd", "id": "i1", "say": piece} for piece in ("one ", "two")]

    found = [list(growing(strands, "odd", event)) for event in events]

    assert [t.lane for event in found for t in event if t.path == "/say"] == ["odd/say"] * 2
    assert all(t.lane == "" for event in found for t in event if t.path != "/say")
    assert strands.text((None, "odd/say")) == "one two"


@pytest.mark.parametrize("index", [None, "0", -1, 1.0, [], True])
def test_what_is_no_index_is_refused(index):
    with pytest.raises(WireError):
        number(index)
