"""One walk over the HTML that Markdown made, by one regular expression that stops only at what we change.

Headings get ids, code its colours, formulas their MathML, directives their frames; references are cut out.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from html import escape, unescape
from operator import itemgetter

import msgspec

from builder.model import Heading, Include
from builder.text import code, directives
from builder.text.blocks import Blocks
from builder.text.elements import unread
from builder.text.findings import Findings
from builder.text.headings import Headings
from builder.text.html import attributes_of, balance, hidden
from builder.text.mathematics import is_mathematics, to_mathml
from builder.text.references import References
from builder.text.wiki import WIKI, reference
from builder.text.words import Phrases

# Each begins with the same literal, which is what makes looking for them quick.
_TOKENS = r"""<(?:
        pre><code(?P<fence>[^<>]*+)>(?P<code>[^<]*+)</code></pre>
      | h(?P<open>[1-6])(?P<hattrs>(?:\ [^<>]*+)?)>
      | /h(?P<close>[1-6])>
      | (?:span|code)\ data-math-style="(?P<style>\w+)">(?P<formula>[^<]*+)</(?:span|code)>
      | !--cw:(?P<marker>\d+)-->
      | (?P<tag>a|img|video|audio|source|track|iframe|embed|object|link|script|input|image|use|area)
        (?P<attrs>(?:\s(?:[^<>"']++|"[^"]{0,8000}"|'[^']{0,8000}'){0,200}+)?)>
    )"""
_TOKEN = re.compile(_TOKENS, re.VERBOSE | re.DOTALL)
# Authors write tags in any case; Markdown does not.
_ANY_CASE = re.compile(_TOKENS, re.VERBOSE | re.DOTALL | re.IGNORECASE)
_INERT = re.compile(r"&lt;!--cw:(\d+)--&gt;")
# A tag outside code: only then is there anything to balance. Fences first, since they are most of what looks like tags.
_FENCE = re.compile(r"\n {0,3}(```|~~~).*?\n {0,3}\1", re.DOTALL)
_RAW_TAG = re.compile(r"`[^`\n]*`|(<[A-Za-z/!?])")
# Directives deeper than this are an accident: somebody has closed none of a whole book's.
NESTING = 50
_HEADING = re.compile(r"</?[hH][1-6]")
# A heading is a line; where none ends within so many characters of HTML, it is none.
HEADING = 4000
_TABLE = '<div class="table" tabindex="0" role="region" aria-label="{}"><table>'
_TABLES = re.compile(r"<(/?)table(?=[\s>])[^<>]*>")
# The ids that an author gave in HTML, but for those of headings, which are read with them.
_OWN_ID = re.compile(r"<(?!h[1-6][\s>])[A-Za-z][^<>]*?\sid=[\"']?([^\"'\s>]+)")
_ALERT = re.compile(r'(?<=<p class="markdown-alert-title">)(Note|Tip|Important|Warning|Caution)(?=</p>)')


class _Frame(msgspec.Struct):
    """An open directive: its line, and how far the output had come when it opened."""

    line: directives.Line
    start: int


class Walk:
    """The walk over one page; its fields are what it has gathered so far."""

    def __init__(
        self,
        text: str,
        lines: list[directives.Line],
        includes: tuple[Include, ...],
        findings: Findings,
        phrases: Phrases,
        *,
        configured: bool,
    ) -> None:
        self.text = text
        self.lines = lines
        self.includes = {include.name: include for include in includes}
        self.findings = findings
        self.configured = configured
        self.phrases = phrases
        self.headings = Headings(findings, phrases)
        self.references = References(text, findings)
        self.blocks = Blocks(self.includes, self.references, findings, self.headings.identifier, phrases)
        self.features: set[str] = set()
        self.toc: list[Heading] = []
        self.frames: list[_Frame] = []
        self.out: list[str] = []
        self.formulas = 0
        self.mathml: set[str] = set()
        self.hidden: list[tuple[int, int]] = []
        prose = _FENCE.sub("", f"\n{text}") if "<" in text or "[[" in text else ""
        self.tags = "<" in prose and any(match[1] for match in _RAW_TAG.finditer(prose))
        self.wiki = "[[" in prose

    def html(self, html: str) -> str:
        """Return the page's HTML with everything in its place and its references cut out."""
        if self.wiki:
            html = WIKI.sub(self._wiki, html)
        if self.lines and "&lt;!--cw:" in html:
            html = _INERT.sub(lambda match: self._restored(match[0], int(match[1])), html)
        if self.tags:
            self.hidden = hidden(html)
            self.headings.reserve([found[1] for found in _OWN_ID.finditer(html) if not self._is_hidden(found)])
            self._find_unread(html)
        done = 0
        for match in (_ANY_CASE if self.tags else _TOKEN).finditer(html):
            self.out.append(html[done : match.start()])
            done = match.end()
            self._token(match, html)
        self.out.append(html[done:])
        while self.frames:
            self._unclosed()
        result = "".join(self.out)
        if "<table>" in result:
            result = self._scrolling(result)
        if "markdown-alert-title" in result:
            result = _ALERT.sub(lambda match: escape(self.phrases.say(match[1].lower())), result)
        if not self.tags:
            return result
        return balance(self.references.styles(result) if "url(" in result else result)

    def _find_unread(self, html: str) -> None:
        # What looks so in MDX stands in an expression of JavaScript: in its prose it would be an error.
        if not self.findings.path.lower().endswith(".mdx"):
            for tag in dict.fromkeys(found[0] for found in unread(html) if not self._is_hidden(found)):
                self.findings.unread(tag)

    def _scrolling(self, html: str) -> str:
        """Put each plain table into a frame of its own, in which it scrolls; one with attributes is its author's."""
        opened = _TABLE.format(escape(self.phrases.say("table")))
        framed: list[bool] = []

        def replace(match: re.Match[str]) -> str:
            if not match[1]:
                framed.append(match[0] == "<table>")
                return opened if framed[-1] else match[0]
            return f"{match[0]}</div>" if framed and framed.pop() else match[0]

        return _TABLES.sub(replace, html)

    def _is_hidden(self, match: re.Match[str]) -> bool:
        number = bisect_right(self.hidden, match.start(), key=itemgetter(0)) - 1
        return number >= 0 and match.start() < self.hidden[number][1]

    def _token(self, match: re.Match[str], html: str) -> None:
        kind = match.lastgroup
        if self.hidden and kind in ("attrs", "hattrs", "close") and self._is_hidden(match):
            self._pass(match)
        elif kind == "attrs":
            self.out.append(self._tag(match[0], match["tag"].lower(), match["attrs"]))
        elif kind == "code":
            self.out.append(self._code(match["fence"], match["code"]))
        elif kind == "hattrs":
            end = _HEADING.search(html, match.end(), match.end() + HEADING)
            inner = html[match.end() : end.start()] if end else ""
            ends = end is not None and end[0].startswith("</")
            tag, heading = self.headings.open(int(match["open"]), match["hattrs"], inner, ends=ends)
            self.out.append(tag)
            if heading is not None and not self.frames:
                self.toc.append(heading)
        elif kind == "close":
            self.out[-1] = self.headings.shown(self.out[-1])
            self.out.append(self.headings.close(match[0]))
        elif kind == "formula":
            self.out.append(self._formula(match, html))
        else:
            self._marker(int(match["marker"]), match[0])

    def _pass(self, match: re.Match[str]) -> None:
        """Leave what is no tag as it is; it counts among the links, pictures and headings that Markdown numbers."""
        self.out.append(match[0])
        if match["tag"]:
            self.references.count(match["tag"].lower())
        elif match["open"]:
            self.headings.made += 1

    def _restored(self, written: str, number: int) -> str:
        return escape(self.lines[number].text, quote=False) if number < len(self.lines) else written

    # -- code and mathematics ------------------------------------------------------------------------------------------

    def _code(self, fence: str, content: str) -> str:
        self.features.add("code")
        if not fence:
            return code.figure(code.plain(content), code.Info())
        attributes = attributes_of(fence)
        info = code.read_info(attributes.get("class", "").removeprefix("language-"), attributes.get("data-meta", ""))
        text = code.plain(content)
        return code.figure(self._file(info, text) if info.file else text, info)

    def _file(self, info: code.Info, written: str) -> str:
        found = self.includes.get(info.file)
        if found is None or found.text is None:
            # Other tools write ``file=`` for a title above the code that stands there.
            if self.configured or not written.strip():
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
        ordinal, self.formulas = self.formulas, self.formulas + 1
        before, after = html[match.start() - 1 : match.start()], html[match.end() : match.end() + 1]
        if not display and not is_mathematics(before, formula, after):
            return f"{dollars}{match['formula']}{dollars}"
        mathml, error = to_mathml(formula, display=display)
        if error:
            self.findings.formula(ordinal, error)
            return f'<code class="math-error">{dollars}{match["formula"]}{dollars}</code>'
        self.features.add("math")
        self.mathml.add(mathml)
        return mathml

    # -- references ----------------------------------------------------------------------------------------------------

    def _tag(self, whole: str, tag: str, source: str) -> str:
        if tag != "input":
            return self.references.tag(whole, tag, source)
        attributes = attributes_of(source)
        quiz = any(frame.line.name.lower() == "quiz" for frame in self.frames)
        if quiz or attributes.get("type") != "checkbox" or "disabled" not in attributes:
            return whole
        checked, label = (" checked", "done") if "checked" in attributes else ("", "to_do")
        return f'<input type="checkbox"{checked} disabled aria-label="{escape(self.phrases.say(label))}">'

    def _wiki(self, match: re.Match[str]) -> str:
        ref = reference(match)
        return match[0] if ref is None else self.references.cut(ref)

    # -- directives ----------------------------------------------------------------------------------------------------

    def _marker(self, number: int, whole: str) -> None:
        if number >= len(self.lines):
            self.out.append(whole)
            return
        line = self.lines[number]
        if line.name and len(self.frames) >= NESTING:
            self.findings.too_deep(line, NESTING)
            self.out.append(f"<p>{escape(line.text, quote=False)}</p>")
        elif line.name:
            self.frames.append(_Frame(line, len(self.out)))
            if self.configured and line.name.lower() not in directives.NAMES:
                self.findings.unknown_directive(line)
        elif not any(frame.line.colons == line.colons for frame in self.frames):
            self.out.append(f"<p>{line.text}</p>")
        else:
            while self.frames[-1].line.colons != line.colons:
                self._unclosed()
            frame = self.frames.pop()
            self._frame(frame.line, self._content(frame))

    def _content(self, frame: _Frame) -> str:
        content = "".join(self.out[frame.start :])
        del self.out[frame.start :]
        return content

    def _frame(self, line: directives.Line, content: str) -> None:
        if not directives.is_whole(content):
            # It opened inside a list or quote and closed outside of it: its frame would break the page's.
            self.findings.unclosed(line)
            self.out.append(content)
            return
        self.features.add(line.name.lower())
        self.out.append(self.blocks.close(line, content))

    def _unclosed(self) -> None:
        frame = self.frames.pop()
        content = self._content(frame)
        if not self.configured and frame.line.name.lower() not in directives.NAMES:
            # Another tool's line that needs no end: it is text.
            self.out.append(f"<p>{escape(frame.line.text, quote=False)}</p>{content}")
            return
        self.findings.unclosed(frame.line)
        self.out.append(self.blocks.close(frame.line, content) if directives.is_whole(content) else content)
