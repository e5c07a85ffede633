"""Whether an answer has the form that the application reads: JSON of a schema, or XML.

Detects: text that is no JSON or XML, JSON that breaks a JSON Schema or does not fit a pydantic model,
duplicate keys and numbers that JSON does not have; XML with declarations of entities, and
elements that the policy does not list, or a document that an XML Schema (XSD) does not allow.
Misses: values that fit the form and are wrong.
False positives: none by design: the form is what the policy says it is.
Cost: that of parsing and validating; 1 ms for 10,000 characters.
An answer that is still being written is not judged: use `buffer` mode where no byte may leave
before the form is known.
References: JSON Schema 2020-12; XML Schema 1.0; defusedxml; OWASP LLM05:2025.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self

import regex
from pydantic import BaseModel, Field, ValidationError, model_validator

from shield.document import Document
from shield.errors import PolicyError, WireError
from shield.policy.schema import SEVERITIES, SeverityName
from shield.scanners import Services
from shield.types import Checkpoint, Finding, Segment, Source, Span, Subject
from shield.wire.strict import Shape, decode

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_MESSAGES = {
    "no-json": "The answer is no JSON, or JSON that can be read in two ways.",
    "mismatch": "The answer does not have the form that the policy asks for.",
    "no-xml": "The answer is no well-formed XML.",
    "forbidden-xml": "The answer's XML declares entities or a document type.",
}
_FENCED = regex.compile(
    r"^\s*(?:```|~~~)[a-zA-Z]{0,10}[ \t]*\n(?P<inside>.*?)\n(?:```|~~~)\s*$", regex.S
)
_SHAPE = Shape(depth=64, nodes=100_000)
_PLACE = "scanners.schema.options"
Judged = str | None  # the rule that an answer breaks


class SchemaOptions(Document):
    """One of: `json_schema` in the policy, `json_schema_file` relative to it, `model`, a pydantic
    class as `package.module:Class`, `xml`, the elements that may occur, the root first, or `xsd_file`,
    an XML Schema relative to the policy, which needs the extra `forms`.

    `fenced` takes an answer that is one fenced block for what is inside. Judged are texts whose
    JSON Pointer ends in one of `ends`.
    """

    json_schema: dict[str, Any] | None = None
    json_schema_file: str = ""
    model: Annotated[str, Field(pattern=r"^$|^[\w.]+:\w+$")] = ""
    xml: tuple[str, ...] = ()
    xsd_file: str = ""
    fenced: bool = True
    ends: tuple[str, ...] = ("/content", "/text")
    severity: SeverityName = "error"

    @model_validator(mode="after")
    def _at_most_one(self) -> Self:
        of_json = self.json_schema is not None, self.json_schema_file, self.model
        if sum(map(bool, (*of_json, self.xml, self.xsd_file))) > 1:
            raise ValueError("state one of json_schema, json_schema_file, model, xml and xsd_file")
        return self


class Schema:
    """See the module's docstring."""

    id: ClassVar[str] = "schema"
    tier: ClassVar[int] = 0
    scope: ClassVar[Literal["segment", "subject"]] = "subject"
    reach: ClassVar[int | None] = None
    checkpoints: ClassVar[frozenset[Checkpoint]] = frozenset({Checkpoint.OUTPUT})
    models: ClassVar[tuple[str, ...]] = ()
    Options = SchemaOptions

    def __init__(self, options: SchemaOptions, services: Services) -> None:
        self._options = options
        self._judge = _judge(options, services.folder)

    def scan(self, subject: Subject) -> Iterable[Finding]:
        """One finding a text that does not have the form."""
        if subject.partial:
            return
        for index, segment in enumerate(subject.segments):
            if segment.source is not Source.SYSTEM and self._is_judged(segment):
                yield from self._findings(index, segment)

    def _is_judged(self, segment: Segment) -> bool:
        return not segment.path or segment.path.endswith(self._options.ends)

    def _findings(self, index: int, segment: Segment) -> Iterator[Finding]:
        block = _FENCED.match(segment.text) if self._options.fenced else None
        rule = self._judge(block["inside"] if block else segment.text)
        if rule is not None:
            yield Finding(
                rule=f"schema/{rule}",
                scanner=self.id,
                severity=SEVERITIES[self._options.severity],
                score=1.0,
                message=_MESSAGES[rule],
                spans=(Span(index, 0, len(segment.text)),),
                tags=("owasp:llm05",),
                surface=segment.surface,
            )


def _judge(options: SchemaOptions, folder: Path) -> Callable[[str], Judged]:
    if options.xml:
        return _xml(_listed(options.xml))
    if options.xsd_file:
        return _xml(_allowed(folder / options.xsd_file))
    if options.model:
        return _json(_fits(_model(options.model)))
    if options.json_schema_file:
        return _json(_valid(_read(folder / options.json_schema_file)))
    if options.json_schema is None:
        raise PolicyError(
            f"{_PLACE}: without a form it does nothing",
            mend="state json_schema, json_schema_file, model, xml or xsd_file",
        )
    return _json(_valid(options.json_schema))


def _json(fits: Callable[[Any], bool]) -> Callable[[str], Judged]:
    def judge(text: str) -> Judged:
        try:
            document = decode(text.strip().encode("utf-8"), _SHAPE)
        except (WireError, UnicodeEncodeError):
            return "no-json"
        return None if fits(document) else "mismatch"

    return judge


def _valid(schema: Any) -> Callable[[Any], bool]:
    """Whether a document is valid; a schema that it refers to must be in the file itself."""
    from jsonschema import SchemaError
    from jsonschema.validators import validator_for
    from referencing import Registry

    kind = validator_for(schema)
    try:
        kind.check_schema(schema)
    except SchemaError:
        raise PolicyError(f"{_PLACE}: this is no JSON Schema", mend="correct it") from None
    # Without a registry of its own the library fetches what a schema refers to.
    return kind(schema, registry=Registry()).is_valid  # type: ignore[no-any-return]


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        raise PolicyError(
            f"{_PLACE}.json_schema_file: no JSON can be read", where=path, mend="correct the path"
        ) from None


def _model(name: str) -> type[BaseModel]:
    module, _, attribute = name.partition(":")
    try:
        found = getattr(import_module(module), attribute)
    except (ImportError, AttributeError):
        found = None
    if not (isinstance(found, type) and issubclass(found, BaseModel)):
        raise PolicyError(f"{_PLACE}.model: {name} is no pydantic class", mend="correct the name")
    return found


def _fits(model: type[BaseModel]) -> Callable[[Any], bool]:
    def fits(document: Any) -> bool:
        try:
            model.model_validate_json(json.dumps(document))
        except ValidationError:
            return False
        return True

    return fits


def _xml(fits: "Callable[[Element], bool]") -> Callable[[str], Judged]:
    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import ParseError, fromstring

    def judge(text: str) -> Judged:
        try:
            root = fromstring(text.strip(), forbid_dtd=True)
        except DefusedXmlException:
            return "forbidden-xml"
        except (ParseError, ValueError):
            return "no-xml"
        return None if fits(root) else "mismatch"

    return judge


def _listed(names: tuple[str, ...]) -> "Callable[[Element], bool]":
    def fits(root: "Element") -> bool:
        return root.tag == names[0] and all(element.tag in names for element in root.iter())

    return fits


def _allowed(path: Path) -> "Callable[[Element], bool]":
    """Whether a document is valid; what a schema includes must lie in its own folder."""
    where = f"{_PLACE}.xsd_file"
    try:
        from xmlschema import XMLResource, XMLSchema, XMLSchemaException
    except ImportError:
        raise PolicyError(
            f"{where}: the library is not installed", mend="install shield-guard[forms]"
        ) from None
    try:
        schema = XMLSchema(str(path), allow="sandbox", defuse="always")
    except (XMLSchemaException, OSError, SyntaxError, ValueError):
        raise PolicyError(
            f"{where}: this is no XML Schema", where=path, mend="correct it"
        ) from None

    def fits(root: "Element") -> bool:
        # Hints in the document name other schemas; they are the model's, not the policy's.
        document = XMLResource(root, allow="none")
        return bool(schema.is_valid(document, use_location_hints=False))

    return fits
