"""A rubric has three to five dimensions; a sample is named by file and line where it is none."""

import pytest

from shield.audit.judge.rubric import Example, Pair, read, sample
from shield.errors import CorpusError, PolicyError
from tests.audit.judge.conftest import ALL_YES, RUBRIC


def test_a_rubric_names_its_words(rubric, rubric_file) -> None:
    assert list(rubric.dimensions) == ["helpful", "sound", "plain"]
    rubric_file.write_text(RUBRIC.replace("easy to read", "easy to skim"))
    assert read(rubric_file).digest != rubric.digest


def test_an_answer_has_one_level_for_each_dimension(rubric) -> None:
    assert rubric.fits(ALL_YES)
    assert not rubric.fits({**ALL_YES, "plain": "very"})
    assert not rubric.fits({**ALL_YES, "more": "yes"})
    assert not rubric.fits({"helpful": "yes"})
    assert rubric.answers["properties"]["plain"]["enum"] == ["no", "partly", "yes"]
    assert rubric.answers["additionalProperties"] is False


SIXTH = '\n[dimensions.d{}]\nquestion = "x"\nlevels = {{ a = "1", b = "2" }}\n'


@pytest.mark.parametrize(
    "text",
    [
        RUBRIC[: RUBRIC.index("[dimensions.plain]")],
        RUBRIC + "".join(SIXTH.format(n) for n in range(3)),
        RUBRIC.replace('no = "hard", partly = "in parts", ', ""),
        RUBRIC.replace("dimensions.plain", 'dimensions."Plain text"'),
        RUBRIC + "\nmood = 1\n",
        "name =",
    ],
)
def test_what_is_no_rubric_is_refused(rubric_file, text) -> None:
    rubric_file.write_text(text)
    with pytest.raises(PolicyError, match=r"rubric\.toml"):
        read(rubric_file)


GOOD = {"id": "e1", "prompt": "p", "answer": "canary-4471", "ratings": {"ann": ALL_YES}}


def test_a_sample_is_read(rubric, sample_file) -> None:
    (one,) = sample(sample_file(GOOD, ""), Example, rubric)
    assert one.ratings["ann"]["plain"] == "yes"
    pair = {"id": "p1", "prompt": "p", "a": "x", "b": "y"}
    assert sample(sample_file(pair), Pair, rubric) == [Pair("p1", "p", "x", "y")]


@pytest.mark.parametrize(
    ("second", "why"),
    [
        (GOOD, "the id stands twice"),
        ({**GOOD, "id": "e2", "ratings": {"ann": {"plain": "yes"}}}, "a rating is not a level"),
        ({**GOOD, "id": "e2", "more": 1}, "not an example"),
        ("{", "not an example"),
    ],
)
def test_a_line_that_is_none_is_named(rubric, sample_file, second, why) -> None:
    with pytest.raises(CorpusError, match=rf"sample\.jsonl:2: {why}") as caught:
        sample(sample_file(GOOD, second), Example, rubric)
    assert "4471" not in str(caught.value)


def test_no_sample_and_an_empty_one_are_named(rubric, sample_file, tmp_path) -> None:
    with pytest.raises(CorpusError, match="cannot be read"):
        sample(tmp_path / "none", Example, rubric)
    with pytest.raises(CorpusError, match="no example"):
        sample(sample_file(), Example, rubric)
