"""XML answers are held against an XML Schema; neither it nor a document reaches for anything else."""

import contextlib
import socket

import pytest
from msgspec.structs import replace

from shield.errors import PolicyError
from shield.scanners.schema import Schema, SchemaOptions
from tests.scanners.answers import NOTHING, asked

pytest.importorskip("xmlschema", reason="the extra `forms` is not installed")
XS = "http://www.w3.org/2001/XMLSchema"
FORM = f"""<xs:schema xmlns:xs="{XS}">
<xs:element name="note"><xs:complexType><xs:sequence>
<xs:element name="to" type="xs:string"/>
<xs:element name="age" type="xs:nonNegativeInteger" minOccurs="0"/>
</xs:sequence></xs:complexType></xs:element>
</xs:schema>"""


@pytest.fixture
def made(tmp_path):
    def make(form=FORM):
        (tmp_path / "form.xsd").write_text(form, "utf-8")
        return asked("schema", {"xsd_file": "form.xsd"}, replace(NOTHING, folder=tmp_path))

    return make


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("<note><to>Ana</to></note>", {}),
        ("```xml\n<note><to>Ana</to><age>5</age></note>\n```", {}),
        ("<note><age>5</age></note>", {"mismatch": 1.0}),
        ("<note><to>Ana</to><age>-5</age></note>", {"mismatch": 1.0}),
        ("<note><to>Ana</to><more/></note>", {"mismatch": 1.0}),
        ("<other/>", {"mismatch": 1.0}),
        ("<note><to>Ana</note>", {"no-xml": 1.0}),
        ('<!DOCTYPE n [<!ENTITY a "b">]><note><to>&a;</to></note>', {"forbidden-xml": 1.0}),
    ],
)
def test_what_the_schema_does_not_allow_is_reported(made, text, found):
    assert made()(text) == found


def test_a_document_cannot_bring_a_schema_of_its_own(made, monkeypatch):
    ask = made()

    def refuse(*args, **kwargs):
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    hint = 'xsi:noNamespaceSchemaLocation="http://evil.example/x.xsd"'
    xsi = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    assert ask(f"<note {xsi} {hint}><age>5</age></note>") == {"mismatch": 1.0}
    assert ask(f"<note {xsi} {hint}><to>Ana</to></note>") == {}


@pytest.mark.parametrize("form", ["", "<note/>", "no xml", FORM.replace("xs:string", "xs:strange")])
def test_what_is_no_schema_is_refused_at_start(made, form):
    with pytest.raises(PolicyError):
        made(form)


def test_a_schema_that_is_not_there_is_refused_at_start(tmp_path):
    with pytest.raises(PolicyError):
        Schema(SchemaOptions(xsd_file="none.xsd"), replace(NOTHING, folder=tmp_path))


def test_an_included_schema_of_another_place_is_not_fetched(made, monkeypatch):
    opened = []
    monkeypatch.setattr(socket.socket, "connect", lambda *a: opened.append(a))
    there = '<xs:include schemaLocation="http://127.0.0.1:1/x.xsd"/>'
    form = FORM.replace("\n", there, 1)
    with contextlib.suppress(PolicyError):
        made(form)
    assert opened == []
