"""The tests of a promptfoo configuration or of its evaluation's results, in YAML or JSON.

Read are `tests` with their `vars` (also a file that is a list of tests, and `results` of an
evaluation); the variable that carries the text is `redteam.injectVar`, the only one, or one with a
usual name. What refers to another file is not followed.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from shield.audit.corpus import Turn
from shield.audit.intake.rows import FIELDS, Row, Shape, UnreadableError, conversation, said
from shield.errors import CorpusError

_MEND = "give a promptfoo file with `tests`, or choose another --format"


def rows(text: str, shape: Shape) -> Iterator[Row]:
    """A row a test.

    Raises:
        CorpusError: it is no YAML, or holds no tests.
    """
    document = _document(text)
    tests = _tests(document)
    chosen = shape.field or _inject(document)
    for number, test in enumerate(tests, 1):
        yield _row(f"test {number}", test, chosen, shape)


def _document(text: str) -> Any:
    import yaml

    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise CorpusError(
            "not YAML or JSON", line=mark.line + 1 if mark else None, mend=_MEND
        ) from None
    except (RecursionError, ValueError):
        raise CorpusError("not YAML or JSON that can be read", mend=_MEND) from None


def _tests(document: Any) -> list[Any]:
    found = document
    if isinstance(document, Mapping):
        results = document.get("results")
        found = document.get("tests")
        if found is None:
            found = results.get("results") if isinstance(results, Mapping) else results
    if not isinstance(found, list):
        raise CorpusError("there are no tests", mend=_MEND)
    return found


def _inject(document: Any) -> str:
    redteam = document.get("redteam") if isinstance(document, Mapping) else None
    name = redteam.get("injectVar") if isinstance(redteam, Mapping) else None
    return name if isinstance(name, str) else ""


def _row(place: str, test: Any, chosen: str, shape: Shape) -> Row:
    if not isinstance(test, Mapping):
        return Row(place, why="the test refers to another file; import that")
    inner = test.get("testCase")
    given = test.get("vars") or (inner.get("vars") if isinstance(inner, Mapping) else None)
    if not isinstance(given, Mapping) or not given:
        return Row(place, why="the test has no vars of its own")
    metadata = test.get("metadata")
    known = metadata if isinstance(metadata, Mapping) else {}
    try:
        return Row(
            place,
            _turns(given, chosen, shape),
            lang=str(known.get("language") or ""),
            note=_note(known),
        )
    except UnreadableError as error:
        return Row(place, why=str(error))


def _turns(given: Mapping[Any, Any], chosen: str, shape: Shape) -> tuple[Turn, ...]:
    name = chosen or _usual(given)
    if not name:
        raise UnreadableError("several vars; name the one that carries the text with --field")
    if name not in given:
        raise UnreadableError(f"no var {name}")
    value = given[name]
    if isinstance(value, list):
        if value and all(isinstance(part, Mapping) for part in value):
            return conversation(value)
        raise UnreadableError("a list of values: write one test each")
    text = said(value)
    if text.startswith("file://"):
        raise UnreadableError("the text stands in another file; import that")
    return (Turn(shape.source, text),)


def _note(metadata: Mapping[Any, Any]) -> str:
    plugin = metadata.get("pluginId")
    return f"promptfoo {plugin}" if isinstance(plugin, str) else ""


def _usual(given: Mapping[Any, Any]) -> str:
    """The only variable, or the first one with a usual name; none where that is not clear."""
    names = given if len(given) == 1 else [name for name in FIELDS if name in given]
    return str(next(iter(names), ""))
