import json

import pytest

from shield.errors import WireError
from shield.wire.strict import (
    Leaf,
    Shape,
    decode,
    edited,
    encode,
    escape,
    leaves,
    nodes,
    replaced,
    text_of,
)

ROOMY = Shape(depth=64, nodes=20_000)


def refusal(body, shape=ROOMY):
    with pytest.raises(WireError) as caught:
        decode(body, shape)
    return caught.value.status, caught.value.code


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le"]
)
def test_json_is_read_in_every_encoding_that_applications_read(encoding):
    body = '{"say": "grüß dich, 世界"}'.encode(encoding)

    assert decode(body, ROOMY) == json.loads(body) == {"say": "grüß dich, 世界"}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        pytest.param(b'{"a": NaN}', "number", id="nan"),
        pytest.param(b'{"a": Infinity}', "number", id="infinity"),
        pytest.param(b'{"a": -Infinity}', "number", id="minus infinity"),
        pytest.param(b'{"a": 1e999}', "number", id="a number that overflows"),
        pytest.param(b'{"a": 1, "a": 2}', "duplicate_key", id="duplicate key"),
        pytest.param(b'{"a": 1, "\\u0061": 2}', "duplicate_key", id="duplicate key, escaped"),
        pytest.param(b'[{"b": {"a": 1, "a": 2}}]', "duplicate_key", id="duplicate key, nested"),
        pytest.param(b'{"a": "\\ud800"}', "undecodable", id="lone surrogate in a value"),
        pytest.param(b'{"\\udfff": 1}', "undecodable", id="lone surrogate in a key"),
        pytest.param(b'{"a": "\xed\xa0\x80"}', "undecodable", id="surrogate in UTF-8"),
        pytest.param(b'{"a": "\xff\xfe"}', "undecodable", id="not UTF-8"),
        pytest.param("{}".encode("utf-16-le") + b"x", "undecodable", id="half a UTF-16 unit"),
        pytest.param(b'{"a": "b', "not_json", id="truncated"),
        pytest.param(b"", "not_json", id="empty"),
        pytest.param(b'{"a": 1} {"b": 2}', "not_json", id="two documents"),
        pytest.param(b"{'a': 1}", "not_json", id="single quotes"),
        pytest.param(b'{"a": 1,}', "not_json", id="trailing comma"),
        pytest.param(b'{"a": "\x01"}', "not_json", id="raw control character"),
        pytest.param(b"[" + b"9" * 5_000 + b"]", "not_json", id="a number of 5,000 digits"),
    ],
)
def test_json_that_can_be_read_in_two_ways_or_not_at_all_is_a_400(body, code):
    assert refusal(body) == (400, code)


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
def test_nesting_at_the_limit_is_read_and_one_deeper_is_refused(opening, closing):
    shape = Shape(depth=8, nodes=100)

    assert decode((opening * 8 + "1" + closing * 8).encode(), shape)
    assert refusal((opening * 9 + "1" + closing * 9).encode(), shape) == (400, "depth")


def test_nesting_that_would_exhaust_the_parser_is_refused_before_it_is_parsed():
    assert refusal(b"[" * 200_000) == (400, "depth")


def test_brackets_inside_strings_are_not_nesting():
    text = '[{"\\"' * 500

    assert decode(json.dumps([text]).encode(), Shape(depth=2, nodes=10)) == [text]


def test_an_escaped_quote_does_not_hide_nesting():
    body = rb'["\"", [[[[1]]]]]'

    assert refusal(body, Shape(depth=4, nodes=100)) == (400, "depth")


def test_as_many_nodes_as_the_limit_are_read_and_one_more_is_refused():
    assert decode(b"[1,2,3]", Shape(depth=2, nodes=4)) == [1, 2, 3]
    assert refusal(b"[1,2,3,4]", Shape(depth=2, nodes=4)) == (400, "nodes")


def test_the_canonical_form_is_compact_utf_8():
    assert encode({"a": ["ü", 1.5, None, True]}) == '{"a":["ü",1.5,null,true]}'.encode()


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_no_number_that_is_not_finite_is_ever_sent_on(value):
    with pytest.raises(WireError) as caught:
        encode([value])

    assert caught.value.code == "number"


def test_nodes_come_in_document_order_with_their_pointers():
    document = {"a": [1, {"b": "x"}], "c": "y"}

    assert [path for path, _ in nodes(document)] == ["", "/a", "/a/0", "/a/1", "/a/1/b", "/c"]


def test_every_string_leaf_is_found_and_no_key():
    document = {"a": "x", "b": [1, None, "y", {"c": "z"}], "": "w"}

    assert list(leaves(document)) == [
        Leaf("/a", "x"),
        Leaf("/b/2", "y"),
        Leaf("/b/3/c", "z"),
        Leaf("/", "w"),
    ]


def test_a_key_with_slash_and_tilde_is_escaped_as_json_pointers_are():
    assert escape("a/b~c") == "a~1b~0c"


@pytest.mark.parametrize(
    ("document", "path"),
    [
        ({"a": {"b": "old"}}, "/a/b"),
        ({"a": ["x", "old"]}, "/a/1"),
        ({"a/b": "old"}, "/a~1b"),
        ({"a~1b": "old"}, "/a~01b"),
        ({"": "old"}, "/"),
        ({"a": {"": "old"}}, "/a/"),
        ({"a": {"": {"": "old"}}}, "/a//"),
        ({"": {"": "old"}}, "//"),
        ({"": {"b": "old"}}, "//b"),
        ("old", ""),
    ],
)
def test_a_leaf_is_replaced_where_its_pointer_says(document, path):
    after = replaced(document, path, "new")

    assert encode(after) == encode(document).replace(b"old", b"new")


def test_replacing_leaves_the_given_document_as_it_was():
    document = {"a": [{"b": "old"}], "c": "kept"}

    replaced(document, "/a/0/b", "new")

    assert document == {"a": [{"b": "old"}], "c": "kept"}


def test_a_pointer_into_a_string_is_an_error():
    with pytest.raises(KeyError):
        replaced({"a": "text"}, "/a/b", "new")


@pytest.mark.parametrize("charset", ["nonsense", "hex", "rot13", "base64"])
def test_a_charset_that_is_not_one_is_a_415(charset):
    with pytest.raises(WireError) as caught:
        text_of(b"abc", charset)

    assert (caught.value.status, caught.value.code) == (415, "unknown_charset")


@pytest.mark.parametrize(("body", "charset"), [(b"\xff", "utf-8"), (b"abc", "utf\x008")])
def test_bytes_that_do_not_fit_their_charset_are_a_400(body, charset):
    with pytest.raises(WireError) as caught:
        text_of(body, charset)

    assert caught.value.status == 400


TREE = {"a/b": [1, {"~": "x"}], "": "y", "c": {"": "z"}, "k": "v"}


@pytest.mark.parametrize(
    "paths",
    [[], ["/k"], ["/a~1b/0", "/a~1b/1/~0"], ["/", "/c/"], ["/c", "/k", "/a~1b/1"], [""]],
)
def test_many_edits_at_once_are_the_same_as_one_after_another(paths):
    before, one_by_one = json.dumps(TREE), TREE
    for number, path in enumerate(paths):
        one_by_one = replaced(one_by_one, path, number)

    assert edited(TREE, {path: number for number, path in enumerate(paths)}) == one_by_one
    assert json.dumps(TREE) == before


@pytest.mark.parametrize("path", ["/gone", "/k/x", "/c/gone/x", "/k/x/y"])
def test_an_edit_of_what_is_not_there_fails(path):
    with pytest.raises(KeyError):
        edited(TREE, {path: 1})
