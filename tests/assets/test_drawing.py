"""Drawings keep their picture and lose what runs; data keeps its values."""

from __future__ import annotations

import pytest

from builder.asset import BUILD, DRAFT, Compiled
from builder.steps.drawing import compile_drawing

NS = 'xmlns="http://www.w3.org/2000/svg"'


def text(compiled: Compiled) -> str:
    out = [compiled.pieces[0].decode()]
    for reference, piece in zip(compiled.references, compiled.pieces[1:], strict=True):
        out.extend([reference.text, piece.decode()])
    return "".join(out)


def drawn(source: str) -> str:
    return text(compile_drawing("a.svg", source.encode(), BUILD))


def test_space_between_shapes_goes_and_space_in_text_stays() -> None:
    source = (
        '<?xml version="1.0"?><!-- made by x -->\n'
        f'<svg {NS}  viewBox="0 0 1 1">\n  <g>\n    <rect  width="1"\n height="1"></rect>\n  </g>\n'
        "  <text>  a <tspan> b </tspan>\n c</text><style>\n.a { b: c }\n</style>\n</svg>\n"
    )
    assert drawn(source) == (
        f'<svg {NS} viewBox="0 0 1 1"><g><rect width="1" height="1"/></g>'
        "<text>  a <tspan> b </tspan>\n c</text><style>\n.a { b: c }\n</style></svg>"
    )


@pytest.mark.parametrize(
    "evil",
    [
        "<script>alert(1)</script>",
        '<rect onclick="alert(1)"/>',
        '<a href="javascript:alert(1)"><rect/></a>',
        '<a xmlns:xlink="http://www.w3.org/1999/xlink" xlink:href=" java&#10;script:alert(1)"><rect/></a>',
        '<a><set attributeName="href" to="javascript:alert(1)"/></a>',
        '<rect><animate attributeName="onload" to="alert(1)"/></rect>',
        '<foreignObject><iframe xmlns="http://www.w3.org/1999/xhtml" srcdoc="x"/></foreignObject>',
        '<s:script xmlns:s="http://www.w3.org/2000/svg">alert(1)</s:script>',
        '<use href="data:image/svg+xml,&lt;svg onload=alert(1)/&gt;#x"/>',
    ],
)
def test_what_runs_is_taken_out_and_said(evil: str) -> None:
    compiled = compile_drawing("i/a.svg", f"<svg {NS}>\n{evil}</svg>".encode(), BUILD)
    assert "alert" not in text(compiled)
    assert "iframe" not in text(compiled)
    assert [(found.code, found.severity, found.line) for found in compiled.problems] == [("svg-script", "warning", 2)]


def test_a_drawing_that_is_no_xml_is_named_and_not_published() -> None:
    compiled = compile_drawing("i/a.svg", b"<svg>\n<rect></svg>", BUILD)
    assert compiled.pieces == ()
    assert [(found.code, found.line) for found in compiled.problems] == [("image-broken", 2)]


def test_entities_that_grow_without_end_are_refused() -> None:
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    bomb = f'<!DOCTYPE svg [<!ENTITY e0 "{"x" * 100}">{entities}]><svg {NS}><text>&e11;</text></svg>'
    assert [found.code for found in compile_drawing("a.svg", bomb.encode(), BUILD).problems] == ["image-broken"]


def test_addresses_in_attributes_and_styles_are_references() -> None:
    shapes = '<use href="b.svg#c"/><rect fill="url(#d)" style="mask:url(e.svg#f)"/><style>a{b:url("g.png")}</style>'
    source = f"<svg {NS}>{shapes}</svg>"
    compiled = compile_drawing("i/a.svg", source.encode(), BUILD)
    assert [(one.target, one.tail) for one in compiled.references] == [
        ("i/b.svg", "#c"),
        ("i/e.svg", "#f"),
        ("i/g.png", ""),
    ]


def test_editors_notes_go_and_a_licence_stays() -> None:
    source = (
        f'<svg {NS} xmlns:inkscape="http://www.inkscape.org/namespaces/inkscape" inkscape:export-filename="/home/me">'
        '<!-- Licence: CC-BY --><inkscape:grid/><rect inkscape:label="l" id="r"/></svg>'
    )
    assert drawn(source) == f'<svg {NS}><!-- Licence: CC-BY --><rect id="r"/></svg>'


def test_serving_keeps_the_drawing_readable() -> None:
    assert "\n  <rect" in text(compile_drawing("a.svg", f"<svg {NS}>\n  <rect/>\n</svg>".encode(), DRAFT))
