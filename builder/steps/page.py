"""A page's source to its three parts: outline, links, body. The heaviest step, and the only one that sees Markdown.

The HTML that the engine made is walked once, by one regular expression that stops only at what we change: headings get
ids, code its colours, formulas their MathML, directives their frames, and each reference to something of the site is cut
out and kept as a ``Ref``, to be resolved when everything has its final name. A cut is ``\\x00N\\x00`` in the text while
the page is being made; Markdown never yields a NUL.
"""

from __future__ import annotations

import json
import re
from html import escape, unescape

import msgspec

from builder.engine.step import step
from builder.errors import Problem
from builder.model import Body, Heading, Item, Links, Outline, Ref
from builder.text import code, directives, frontmatter, quiz
from builder.text.decode import decode
from builder.text.fields import read_fields
from builder.text.findings import Findings
from builder.text.html import attributes_of, balance, text_of, write_attributes
from builder.text.markdown import ENGINES
from builder.text.mathematics import is_mathematics, to_mathml
from builder.text.summary import read_summary
from builder.text.urls import is_external

# Lists and quotes deeper than this are an accident or an attack; browsers stop nesting at 512.
NESTING = 100

_TOKEN = re.compile(
    r"""<pre><code(?P<fence>[^>]*)>(?P<code>[^<]*)</code></pre>
      | <h(?P<open>[1-6])(?P<hattrs>(?:\ [^>]*)?)>
      | </h(?P<close>[1-6])>
      | <(?:span|code)\ data-math-style="(?P<style>\w+)">(?P<formula>.*?)</(?:span|code)>
      | <!--cw:(?P<marker>\d+)-->
      | &lt;!--cw:(?P<inert>\d+)--&gt;
      | <(?P<tag>a|img|video|audio|source|track|iframe|embed|object|link|script|input|image|use|area)
        (?P<attrs>(?:\s(?:[^>"']|"[^"]{0,8000}"|'[^']{0,8000}'){0,4000}+)?)>
    """,
    re.VERBOSE | re.DOTALL,
)
_WIKI = re.compile(r"<code>.*?</code>|<pre\b.*?</pre>|<[^>]*>|\[\[([^\[\]|<>\n]{1,200})(?:\|([^\[\]<>\n]{1,200}))?\]\](?!\()", re.DOTALL)
_CUT = re.compile("\x00(\\d+)\x00")
_IDS = re.compile(r"<[A-Za-z][^>]*?\s(?:id|name)=[\"']?([^\"'\s>]+)")
_FIRST_PARAGRAPH = re.compile(r"<p>(.*?)</p>", re.DOTALL)
_HEADING_ID = re.compile(r"\s*\{#([^\s{}]+)\}\s*$")
_NOT_WORD = re.compile(r"[^\w\- ]")
# A tag outside code: only then is there anything to balance.
_RAW_TAG = re.compile(r"^(?:```|~~~).*?^(?:```|~~~)|`[^`\n]*`|(</?[A-Za-z][^>]*>)", re.MULTILINE | re.DOTALL)
_URLS = ("src", "href", "poster", "data", "xlink:href", "srcset")
_PLAIN_TAGS = ("a", "img", "input")


class Settings(msgspec.Struct, frozen=True, array_like=True):
    """What of the site's settings a page's own HTML depends on."""

    engine: str = "comrak"
    extensions: tuple[str, ...] = ()
    configured: bool = False


class Include(msgspec.Struct, frozen=True, array_like=True):
    """A file that the page names in ``file=`` and the like; ``text`` is nothing where there is no such file."""

    name: str
    path: str
    text: str | None


@step(version=1)
def parse(
    path: str, source: bytes, includes: tuple[Include, ...], settings: Settings
) -> tuple[Outline, Links, Body]:
    """Return what a page says, from its bytes; whatever is in them, it is a page."""
    text, problems = decode(source, path)
    front, rest = frontmatter.split(text)
    findings = Findings(path, text, front.lines, problems)
    if path.rpartition("/")[2].lower() == "summary.md":
        return Outline(summary=read_summary(rest)), Links(problems=tuple(findings.problems)), Body()
    fields = read_fields(front, findings, strict=settings.configured)
    walk = _Walk(rest, includes, settings, findings)
    html = walk.html()
    body, refs = _cut(html, walk.refs)
    title = fields.title or walk.title
    outline = fields.outline(title=title, titled=bool(title), items=tuple(walk.items), words=_words(rest))
    anchors = walk.anchors(html)
    links = Links(refs, anchors, ())
    findings.check_anchors(walk.own_anchors, anchors)
    links = Links(refs, anchors, tuple(findings.finish(rest)))
    made = Body(
        pieces=body,
        toc=tuple(walk.toc),
        description=_description(html),
        features=tuple(sorted(walk.features)),
        extra=json.dumps(fields.extra, ensure_ascii=False, sort_keys=True, default=str),
    )
    return outline, links, made


def _words(text: str) -> int:
    return text.count(" ") + text.count("\n")


def _cut(html: str, refs: list[Ref]) -> tuple[tuple[str, ...], tuple[Ref, ...]]:
    """Return the text between the cuts, and the references in the order in which the page shows them."""
    parts = _CUT.split(html)
    return tuple(parts[::2]), tuple(refs[int(number)] for number in parts[1::2])


def _description(html: str) -> str:
    for match in _FIRST_PARAGRAPH.finditer(html, 0, 20_000):
        text = _CUT.sub("", text_of(match[1]))
        if len(text) > 40:
            return text if len(text) <= 160 else text[:160].rsplit(" ", 1)[0].rstrip(",;:.") + "…"
    return ""


class _Frame(msgspec.Struct):
    """An open directive: its line, and how far the output had come when it opened."""

    line: directives.Line
    start: int


class _Walk:
    """One walk over a page's HTML; its fields are what the walk has gathered so far."""

    def __init__(self, text: str, includes: tuple[Include, ...], settings: Settings, findings: Findings) -> None:
        self.text = text
        self.includes = {include.name: include for include in includes}
        self.settings = settings
        self.findings = findings
        self.refs: list[Ref] = []
        self.toc: list[Heading] = []
        self.items: list[Item] = []
        self.own_anchors: list[tuple[str, int]] = []
        self.features: set[str] = set()
        self.title = ""
        self.lines: list[directives.Line] = []
        self.frames: list[_Frame] = []
        self.out: list[str] = []
        self.ids: dict[str, int] = {}
        self.level = 0
        self.heading = ""
        self.counts = {"a": 0, "img": 0, "h": 0, "math": 0}

    def html(self) -> str:
        """Return the page's HTML with its references cut out."""
        text = self.text
        if ":::" in text:
            text, self.lines = directives.mark(text, self.findings.first_line)
        if _too_deep(text):
            self.findings.add("nesting", "error", f"Lists or quotes nest deeper than {NESTING}", "Flatten them; the page shows its source instead.", line=1)
            return f"<pre>{escape(self.text[:100_000])}</pre>"
        html = ENGINES[self.settings.engine](text, self.settings.extensions)
        if "[[" in html:
            html = _WIKI.sub(self._wiki, html)
        done = 0
        for match in _TOKEN.finditer(html):
            self.out.append(html[done : match.start()])
            done = match.end()
            self._token(match, html)
        self.out.append(html[done:])
        while self.frames:
            self._unclosed(self.frames[-1])
        result = "".join(self.out)
        if "<table>" in result:
            result = result.replace("<table>", '<div class="table" tabindex="0" role="region" aria-label="Table"><table>').replace("</table>", "</table></div>")
        raw = "<" in self.text and any(match[1] for match in _RAW_TAG.finditer(self.text))
        return balance(result) if raw else result

    def anchors(self, html: str) -> tuple[str, ...]:
        """Return every id of the page, sorted."""
        found = set(self.ids)
        if "<" in self.text or "[^" in self.text:
            found.update(unescape(name) for name in _IDS.findall(html))
        return tuple(sorted(found))

    def _token(self, match: re.Match[str], html: str) -> None:
        kind = match.lastgroup
        if kind in ("tag", "attrs"):
            self.out.append(self._tag(match[0], match["tag"], match["attrs"]))
        elif kind in ("code", "fence"):
            self.out.append(self._code(match["fence"], match["code"]))
        elif kind in ("open", "hattrs"):
            self._heading_open(int(match["open"]), match["hattrs"], html, match.end())
        elif kind == "close":
            self.out.append(f'<a class="anchor" href="#{escape(self.heading)}" aria-label="Link to this section">#</a></h{match["close"]}>' if self.heading else match[0])
            self.heading = ""
        elif kind == "formula":
            self.out.append(self._formula(match, html))
        elif kind == "marker":
            self._marker(int(match["marker"]), match[0])
        else:
            number = int(match["inert"])
            self.out.append(escape(self.lines[number].text, quote=False) if number < len(self.lines) else match[0])

    # -- headings -------------------------------------------------------------------------------------------------------

    def _heading_open(self, level: int, attributes: str, html: str, position: int) -> None:
        end = html.find("</h", position)
        inner = html[position:end] if end >= 0 else ""
        text = text_of(inner)
        given = _HEADING_ID.search(text)
        explicit = attributes_of(attributes).get("id", "") if attributes else ""
        if given:
            text = text[: given.start()]
            explicit = given[1]
        identifier = self._identifier(text, explicit)
        if level == 1 and not self.title:
            self.title = text
        elif not self.frames:
            self.toc.append(Heading(level, identifier, escape(text, quote=False)))
        if self.level and level > self.level + 1:
            self.findings.skip(self.counts["h"], level, self.level, text)
        self.level = level
        if not attributes:
            self.counts["h"] += 1
        self.heading = identifier
        kept = "" if not attributes else write_attributes({k: v for k, v in attributes_of(attributes).items() if k != "id"})
        self.out.append(f'<h{level} id="{escape(identifier)}"{kept}>')

    def _identifier(self, text: str, explicit: str) -> str:
        if explicit:
            if explicit in self.ids:
                self.findings.duplicate(explicit)
            self.ids.setdefault(explicit, 0)
            return explicit
        base = _NOT_WORD.sub("", text.lower()).replace(" ", "-") or "section"
        identifier, count = base, self.ids.get(base)
        while count is not None:
            count += 1
            self.ids[base] = count
            identifier = f"{base}-{count}"
            count = count if identifier in self.ids else None
        self.ids[identifier] = 0
        return identifier

    # -- code and mathematics -------------------------------------------------------------------------------------------

    def _code(self, fence: str, content: str) -> str:
        self.features.add("code")
        if "&lt;!--cw:" in content:
            content = re.sub(r"&lt;!--cw:(\d+)--&gt;", lambda m: escape(self.lines[int(m[1])].text, quote=False) if int(m[1]) < len(self.lines) else m[0], content)
        attributes = attributes_of(fence) if fence else {}
        language = attributes.get("class", "").removeprefix("language-")
        info = code.read_info(language, attributes.get("data-meta", "")) if fence else code.Info()
        text = code.plain(content)
        if info.file:
            text = self._shown_file(info, text)
        return code.figure(text, info)

    def _shown_file(self, info: code.Info, written: str) -> str:
        found = self.includes.get(info.file)
        if found is None or found.text is None:
            self.findings.missing_file(info.file)
            return written or f"{info.file} is missing\n"
        if info.lines is None:
            return found.text
        first, last = info.lines
        return "".join(line + "\n" for line in found.text.split("\n")[first - 1 : last])

    def _formula(self, match: re.Match[str], html: str) -> str:
        display = match["style"] == "display"
        formula = unescape(match["formula"])
        dollars = "$$" if display else "$"
        self.counts["math"] += 1
        before, after = html[match.start() - 1 : match.start()], html[match.end() : match.end() + 1]
        if not display and not is_mathematics(before, formula, after):
            return f"{dollars}{match['formula']}{dollars}"
        mathml, error = to_mathml(formula, display=display)
        if error:
            self.findings.formula(self.counts["math"] - 1, error)
            return f'<code class="math-error">{dollars}{match["formula"]}{dollars}</code>'
        self.features.add("math")
        return mathml

    # -- references -----------------------------------------------------------------------------------------------------

    def _refer(self, ref: Ref) -> str:
        self.refs.append(ref)
        return f"\x00{len(self.refs) - 1}\x00"

    def _tag(self, whole: str, tag: str, source: str) -> str:
        by_markdown = source.startswith((' href="', ' src="')) and tag in ("a", "img")
        attributes = attributes_of(source.removesuffix("/"))
        if tag == "a":
            return self._anchor(whole, attributes, by_markdown=by_markdown and whole not in self.text)
        if tag == "img":
            return self._image(whole, attributes, by_markdown=by_markdown and whole not in self.text)
        if tag == "input":
            return self._input(whole, attributes)
        for name in ("src", "href"):
            target = attributes.get(name, "")
            if is_external(target) and not target.startswith("data:") and tag != "area":
                self.findings.remote(target, whole)
        if not any(attributes.get(name) and not is_external(attributes[name]) for name in _URLS):
            return whole
        out = f"<{tag}"
        for name, value in attributes.items():
            if name in _URLS and value and not is_external(value) and not value.startswith("#"):
                kind = "srcset" if name == "srcset" else "link" if tag == "area" else "src"
                out += self._refer(Ref(kind, value, f' {name}="', '"', raw=True, alt=whole))
            else:
                out += f' {name}="{escape(value)}"'
        return out + ">"

    def _anchor(self, whole: str, attributes: dict[str, str], *, by_markdown: bool) -> str:
        if by_markdown:
            self.counts["a"] += 1
        target = attributes.pop("href", None)
        if target is None or is_external(target):
            return whole
        if target.startswith("#"):
            if len(target) > 1 and "data-footnote-ref" not in whole and "footnote-backref" not in whole:
                self.own_anchors.append((target[1:], self.counts["a"] - 1 if by_markdown else -1))
            return whole
        ordinal = self.counts["a"] - 1 if by_markdown else -1
        return "<a" + self._refer(Ref("link", target, "", write_attributes(attributes), raw=not by_markdown, alt=str(ordinal) if by_markdown else whole)) + ">"

    def _image(self, whole: str, attributes: dict[str, str], *, by_markdown: bool) -> str:
        if by_markdown:
            self.counts["img"] += 1
        ordinal = self.counts["img"] - 1
        target = attributes.pop("src", "")
        if (by_markdown and not attributes.get("alt", "").strip()) or "alt" not in attributes:
            self.findings.alt(ordinal if by_markdown else -1, target, whole)
        attributes.setdefault("alt", "")
        if is_external(target) or not target:
            if not target.startswith("data:") and target:
                self.findings.remote(target, whole, ordinal if by_markdown else -1)
            return f'<img src="{escape(target)}"{write_attributes(attributes)} loading="lazy" decoding="async">'
        srcset = attributes.pop("srcset", "")
        after = write_attributes(attributes)
        if srcset:
            after += self._refer(Ref("srcset", srcset, ' srcset="', '"', raw=True, alt=whole))
        return self._refer(Ref("image", target, "", after, raw=not by_markdown, alt=str(ordinal) if by_markdown else whole))

    def _input(self, whole: str, attributes: dict[str, str]) -> str:
        if attributes.get("type") == "checkbox" and "disabled" in attributes and not self._in("quiz"):
            return f'<input type="checkbox"{" checked" if "checked" in attributes else ""} disabled aria-label="{"Done" if "checked" in attributes else "To do"}">'
        return whole

    def _wiki(self, match: re.Match[str]) -> str:
        if match[1] is None:
            return match[0]
        target, label = unescape(match[1]).strip(), match[2] or match[1]
        return self._refer(Ref("wiki", target, label, match[0])) if target else match[0]

    # -- directives -----------------------------------------------------------------------------------------------------

    def _in(self, name: str) -> bool:
        return any(frame.line.name == name for frame in self.frames)

    def _marker(self, number: int, whole: str) -> None:
        if number >= len(self.lines):
            self.out.append(whole)
            return
        line = self.lines[number]
        if line.name:
            self.frames.append(_Frame(line, len(self.out)))
            if self.settings.configured and line.name.lower() not in directives.NAMES:
                self.findings.unknown_directive(line)
            return
        if not any(frame.line.colons == line.colons for frame in self.frames):
            self.out.append(f"<p>{line.text}</p>")
            return
        while self.frames[-1].line.colons != line.colons:
            self._unclosed(self.frames[-1])
        frame = self.frames.pop()
        content = self._content(frame)
        if directives.is_whole(content):
            self.out.append(self._close(frame.line, content))
        else:
            self.findings.unclosed(frame.line)
            self.out.append(content)

    def _content(self, frame: _Frame) -> str:
        content = "".join(self.out[frame.start :])
        del self.out[frame.start :]
        return content

    def _unclosed(self, frame: _Frame) -> None:
        self.frames.pop()
        self.findings.unclosed(frame.line)
        content = self._content(frame)
        self.out.append(self._close(frame.line, content) if directives.is_whole(content) else content)

    def _close(self, line: directives.Line, content: str) -> str:
        name = line.name.lower()
        self.features.add("directive")
        if name == "video":
            return self._video(line, content)
        if name not in ("quiz", "exercise", "trace"):
            if line.id:
                self._identifier("", line.id)
            return directives.wrap(line, content)
        self.features.add(name)
        identifier = self._item_id(line)
        xp = line.attributes.get("xp", "")
        points = int(xp) if xp.isdecimal() else {"quiz": 5, "trace": 5, "exercise": 20}[name]
        if name == "quiz":
            return self._quiz(line, identifier, points, content)
        if name == "trace":
            return self._trace(line, identifier, points, content)
        return self._exercise(line, identifier, points, content)

    def _item_id(self, line: directives.Line) -> str:
        if not line.id:
            self.findings.directive_id(line)
        elif any(item.id == line.id for item in self.items):
            self.findings.directive_id(line, duplicate=True)
        return self._identifier(line.id or f"{line.name}-{len(self.items) + 1}", "")

    def _quiz(self, line: directives.Line, identifier: str, xp: int, content: str) -> str:
        found = quiz.read(content)
        right = tuple(number for number, choice in enumerate(found.choices) if choice.right)
        if not right:
            self.findings.no_answer(line)
        self.items.append(Item(line.id or identifier, "quiz", line.title or text_of(_CUT.sub("", found.question))[:120], xp, right, line=line.number))
        return quiz.render(found, identifier=identifier, title=line.title, xp=xp)

    def _trace(self, line: directives.Line, identifier: str, xp: int, content: str) -> str:
        answer = line.attributes.get("answer", "")
        if not answer:
            self.findings.no_answer(line)
        self.items.append(Item(line.id or identifier, "trace", line.title, xp, answer=answer, line=line.number))
        return (
            f'<section class="quiz trace" id="{escape(identifier)}" data-kind="trace" data-xp="{xp}">'
            f'<p class="quiz-title">{escape(line.title, quote=False) or "What happens?"}</p><div class="question">{content}</div>'
            f'<details class="answer"><summary>Answer</summary><p><code>{escape(answer, quote=False)}</code></p></details></section>'
        )

    def _exercise(self, line: directives.Line, identifier: str, xp: int, content: str) -> str:
        shown: dict[str, str] = {}
        for role in ("file", "tests", "solution"):
            name = line.attributes.get(role, "")
            found = self.includes.get(name)
            if not name or found is None or found.text is None:
                self.findings.exercise_files(line, role, name)
                continue
            language = name.rpartition(".")[2]
            shown[role] = code.figure(found.text, code.read_info(language, f'title="{name.rpartition("/")[2]}"'))
        self.items.append(Item(line.id or identifier, "exercise", line.title, xp, tests=(line.attributes.get("tests", ""),), line=line.number))
        solution = f'<details class="answer"><summary>Solution</summary>{shown["solution"]}</details>' if "solution" in shown else ""
        tests = f'<details class="tests"><summary>Tests</summary>{shown["tests"]}</details>' if "tests" in shown else ""
        return (
            f'<section class="exercise" id="{escape(identifier)}" data-xp="{xp}">'
            f'<p class="quiz-title">{escape(line.title, quote=False) or "Exercise"}</p>{content}{shown.get("file", "")}{tests}{solution}</section>'
        )

    def _video(self, line: directives.Line, content: str) -> str:
        source = line.attributes.get("src", "")
        poster = line.attributes.get("poster", "")
        if not source:
            return directives.wrap(line, content)
        if is_external(source):
            self.findings.remote(source, source)
            attribute = f' src="{escape(source)}"'
        else:
            attribute = self._refer(Ref("src", source, ' src="', '"', raw=True, alt=source))
        if poster:
            attribute += self._refer(Ref("src", poster, ' poster="', '"', raw=True, alt=poster)) if not is_external(poster) else f' poster="{escape(poster)}"'
        caption = f"<figcaption>{escape(line.title, quote=False)}</figcaption>" if line.title else ""
        return f'<figure class="video"><video controls preload="none"{attribute}>{content}</video>{caption}</figure>'


_DEEP = re.compile(rf"^(?:[ \t]*(?:>|[-*+](?=\s)|\d{{1,9}}[.)](?=\s))){{{NESTING},}}|^[ \t]{{400,}}(?:[-*+]|\d+[.)])\s", re.MULTILINE)


def _too_deep(text: str) -> bool:
    return _DEEP.search(text) is not None
