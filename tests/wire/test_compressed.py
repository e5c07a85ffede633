import gzip
import zlib
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shield.errors import WireError
from shield.wire.compressed import plain

LIMIT = 1_000_000


def raw_deflate(data):
    maker = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return maker.compress(data) + maker.flush()


MAKERS = {"gzip": gzip.compress, "x-gzip": gzip.compress, "deflate": zlib.compress}


@given(st.binary(max_size=500), st.sampled_from(sorted(MAKERS)))
def test_what_was_compressed_comes_back(data, name):
    assert plain(MAKERS[name](data), [name], LIMIT) == data


@given(st.binary(max_size=500))
def test_deflate_without_its_wrapping_is_read_too(data):
    with suppress(WireError):  # where it looks like the wrapping it is read as that, or not at all
        assert plain(raw_deflate(data), ["deflate"], LIMIT) == data
    assert plain(raw_deflate(b"hello"), ["deflate"], LIMIT) == b"hello"


@pytest.mark.parametrize("names", [[], [""], ["identity"], ["identity, identity"], [" Identity "]])
def test_what_is_not_compressed_is_left_alone(names):
    assert plain(b"\x1f\x8bhello", names, 1) == b"\x1f\x8bhello"


@pytest.mark.parametrize("name", ["GZIP", " gzip ", "identity, gzip", "gzip,"])
def test_names_are_read_as_http_says(name):
    assert plain(gzip.compress(b"hi"), [name], LIMIT) == b"hi"


@pytest.mark.parametrize(
    "names", [["br"], ["zstd"], ["gzip, gzip"], ["gzip", "gzip"], ["gzip", "br"], ["gzip;q=1"]]
)
def test_other_encodings_are_a_415(names):
    with pytest.raises(WireError) as found:
        plain(b"x", names, LIMIT)
    assert (found.value.status, found.value.code) == (415, "content_encoding")


@pytest.mark.parametrize("name", ["gzip", "deflate"])
@pytest.mark.parametrize(
    "damage",
    [
        lambda raw: raw[:-1],
        lambda raw: raw + b"more",
        lambda raw: raw + raw,
        lambda raw: b"\x00" + raw,
        lambda raw: raw[: len(raw) // 2],
    ],
)
def test_bytes_that_do_not_fit_are_a_400(name, damage):
    with pytest.raises(WireError) as found:
        plain(damage(MAKERS[name](b"hello there " * 20)), [name], LIMIT)
    assert (found.value.status, found.value.code) == (400, "undecodable")


def test_the_limit_holds_to_the_byte():
    assert plain(gzip.compress(b"a b" * 100), ["gzip"], 300) == b"a b" * 100
    with pytest.raises(WireError) as found:
        plain(gzip.compress(b"a b" * 100), ["gzip"], 299)
    assert found.value.status == 413


def test_a_bomb_is_a_413_before_it_has_unpacked():
    bomb = gzip.compress(b"\0" * 50_000_000)
    with pytest.raises(WireError) as found:
        plain(bomb, ["gzip"], 10**9)
    assert found.value.status == 413
    assert len(bomb) * 100 < 50_000_000


def test_a_small_body_may_unpack_to_more_than_the_ratio():
    raw = b"a" * 60_000
    assert len(gzip.compress(raw)) * 100 < len(raw)
    assert plain(gzip.compress(raw), ["gzip"], LIMIT) == raw
