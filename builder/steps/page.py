"""A page's source to its three parts: outline, links, body. The heaviest step, and the only one that sees Markdown."""

from __future__ import annotations

import json
import re
from html import escape, unescape

from builder.engine.step import step
from builder.errors import Problem
from builder.model import Body, Include, Links, Outline, PageSettings, Ref
from builder.text import directives, frontmatter
from builder.text.decode import decode
from builder.text.dialects import other_syntax
from builder.text.fields import read_fields
from builder.text.findings import Findings
from builder.text.html import text_of
from builder.text.markdown import ENGINES
from builder.text.references import CUT
from builder.text.sources import needs
from builder.text.summary import read_summary
from builder.text.walk import Walk
from builder.text.words import Phrases

# Lists and quotes deeper than this are an accident or an attack; browsers stop nesting at 512.
NESTING = 100
# What is shown of a page that cannot be parsed.
SHOWN = 100_000
# No lesson comes near; what does is a log or an export under a page's name, and would take gigabytes of memory.
LARGEST = 16 * 1024 * 1024

_MARK = r"[ \t]*(?:>|[-*+](?=\s)|\d{1,9}[.)](?=\s))"
_DEEP = re.compile(rf"\n(?:(?:{_MARK}){{{NESTING},}}|[ \t]{{400,}}(?:[-*+]|\d+[.)])\s)")
_IDS = re.compile(r"<[A-Za-z][^<>]*?\s(?:id|name)=[\"']?([^\"'\s>]+)")
_MATH = re.compile(r"<math\b.*?</math>", re.DOTALL)
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_PARAGRAPH = re.compile(r"<p>([^<]*+(?:<(?!/?p>)[^<]*+)*+)</p>")
# A description is a sentence or two: shorter paragraphs are captions, longer ones are cut.
_LEAST, _MOST = 40, 160


@step(version=24)
def parse(
    path: str, source: bytes, includes: tuple[Include, ...], settings: PageSettings
) -> tuple[Outline, Links, Body]:
    """Return what a page says, from its bytes; whatever is in them, it is a page.

    Of a file that is larger than ``LARGEST`` its beginning is enough, with one byte more than that.
    """
    large = len(source) > LARGEST
    # Cut where a letter ends, and no false alarm for half of one.
    text, problems = decode(source[:SHOWN].decode("utf-8", "ignore").encode() if large else source, path)
    front, rest = frontmatter.split(text)
    findings = Findings(path, text, front.lines, problems)
    if path.rpartition("/")[2].lower() == "summary.md":
        return Outline(summary=read_summary(rest)), Links(problems=tuple(problems)), Body()
    fields = read_fields(front, findings, strict=settings.configured)
    if large:
        message = f"The file is larger than {LARGEST // 1024**2} MB"
        findings.add("too-large", "error", message, "Make several pages of it; its beginning is shown.", line=1)
        outline = fields.outline(title=fields.title, titled=bool(fields.title), items=())
        return outline, Links(problems=tuple(problems)), Body(pieces=(f"<pre>{escape(rest)}</pre>",))
    if _DEEP.search(f"\n{rest}"):
        return _flat(rest, problems, findings)
    marked, lines = directives.mark(rest, findings.first_line) if ":::" in rest else (rest, [])
    phrases = Phrases(settings.language, settings.words)
    walk = Walk(rest, lines, includes, findings, phrases, configured=settings.configured)
    html = walk.html(ENGINES[settings.engine](marked, settings.extensions))
    anchors = _anchors(rest, html, walk)
    # Comrak's own HTML asks nothing of the page's policy; an author's, a formula's or another engine's may.
    foreign = walk.tags or "math" in walk.features or settings.engine != "comrak"
    for tag in needs(_COMMENT.sub("", _without_formulas(html, walk.mathml))).tags if foreign else ():
        findings.own_code(walk.references.written(tag))
    for piece in other_syntax(rest, path):
        findings.dialect(piece, front.lines)
    findings.check_anchors(walk.references.own_anchors, anchors)
    pieces, refs = _cut(html, walk.references.refs)
    title = fields.title or walk.headings.first
    outline = fields.outline(title=title, titled=bool(title), items=tuple(walk.blocks.items))
    minutes = fields.minutes(words=rest.count(" ") + rest.count("\n"))
    body = Body(
        pieces=pieces,
        toc=tuple(walk.toc),
        titled=bool(walk.headings.title),
        description=_description(html),
        features=tuple(sorted(walk.features)),
        extra=json.dumps(fields.extra, ensure_ascii=False, sort_keys=True, default=str),
        foreign=foreign,
    )
    return outline, Links(refs, anchors, tuple(findings.finish(rest, marked)), minutes), body


def _without_formulas(html: str, made: set[str]) -> str:
    """Return the HTML without the formulas that we made: what styles stand in them are not the author's."""
    return _MATH.sub(lambda match: "" if match[0] in made else match[0], html) if made else html


def _flat(rest: str, problems: list[Problem], findings: Findings) -> tuple[Outline, Links, Body]:
    """Return a page that nests too deeply as its own source."""
    hint = "Flatten them; the page shows its source instead."
    findings.add("nesting", "error", f"Lists or quotes nest deeper than {NESTING}", hint, line=1)
    body = Body(pieces=(f"<pre>{escape(rest[:SHOWN])}</pre>",))
    return Outline(), Links(problems=tuple(problems)), body


def _cut(html: str, refs: list[Ref]) -> tuple[tuple[str, ...], tuple[Ref, ...]]:
    """Return the text between the cuts, and the references in the order in which the page shows them."""
    parts = CUT.split(html)
    return tuple(parts[::2]), tuple(refs[int(number)] for number in parts[1::2])


def _anchors(text: str, html: str, walk: Walk) -> tuple[str, ...]:
    """Return every id of the page, sorted."""
    found = set(walk.headings.ids)
    if walk.tags or "[^" in text:
        found.update(unescape(name) for name in _IDS.findall(html))
    return tuple(sorted(found))


def _description(html: str) -> str:
    for match in _PARAGRAPH.finditer(html, 0, 20_000):
        text = CUT.sub("", text_of(match[1]))
        if len(text) > _LEAST:
            return text if len(text) <= _MOST else text[:_MOST].rsplit(" ", 1)[0].rstrip(",;:.") + "…"
    return ""
