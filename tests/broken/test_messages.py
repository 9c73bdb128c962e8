"""One tiny site for each mistake, and what is said of it, word for word, in messages.txt.

``UPDATE_GOLDEN=1`` writes the messages anew; read the difference before it is kept.
"""

from __future__ import annotations

import os
from pathlib import Path

from broken.test_documentation import section
from builder.io.report import show
from builder.steps.page import LARGEST
from course import Course, Files

GOLDEN = Path(__file__).with_name("messages.txt")
HEAD = 'title = "A site"\nbase_url = "https://example.org"\n'
OTHERS = """# A

{{< figure src="a.png" >}} and `{{< this >}}` and {{< figure src="b.png" >}}

```{note} Remember
:class: dropdown
All of it.
```

````text
```{tip}
```
````

- {% include "a.html" %}x{% endif %}

  !!! warning "Beware"
      Of this.

See {ref}`there` and `{ref}`.

```{r}
plot(1)
```
"""
QUIZ = "- [x] This\n- [ ] That\n:::\n"

# Mistake → the files that make it; a site.toml stands beside them.
MISTAKES: dict[str, Files] = {
    "a link to nothing": {"a.md": "# A\n\n[B](bee.md) and [C](images/c.md)\n", "beee.md": "# B\n", "x/c.md": "# C\n"},
    "a link after front matter and wide letters": {"a.md": "---\ntitle: A\n---\n\nÄÖ 漢字 [B](b.md)\n"},
    "a link far to the right": {"a.md": f"# A\n\n{'left ' * 200}[B](b.md){' right' * 200}\n"},
    "a link beside what moves a cursor": {"a.md": "# A\n\n\x1b[2J\u202e[B](b.md)\n"},
    "a link inside raw HTML": {"a.md": '# A\n\n<p>See\n  <a href="b.md">B</a></p>\n'},
    "a link to another folder's page by its bare name": {"a.md": "# A\n\n[C](c)\n", "x/c.md": "# C\n"},
    "a link out of the folder": {"a.md": "# A\n\n[up](../../secret.md)\n"},
    "a link to a draft": {"a.md": "# A\n\n[B](b.md)\n", "b.md": "---\ndraft: true\n---\n# B\n"},
    "a link to what has expired": {"a.md": "# A\n\n[B](b.md)\n", "b.md": "---\nexpires: 2026-01-31\n---\n# B\n"},
    "a link to no place of another page": {"a.md": "# A\n\n[B](b.md#seting-up)\n", "b.md": "# B\n\n## Setting up\n"},
    "a link to no place of its own page": {"a.md": "# A\n\n[there](#begining)\n\n## Beginning\n"},
    "a picture that is not there": {"a.md": "# A\n\n![A cat](cat.png)\n"},
    "a picture without words": {"a.md": "# A\n\n![](https://example.net/cat.png)\n"},
    "a picture that is none": {"a.md": "# A\n\n![A cat](cat.png)\n", "cat.png": b"\x89PNG\r\n\x1a\nno picture"},
    "a heading that skips a level": {"a.md": "# A\n\n### C\n"},
    "an id that stands twice": {"a.md": "# A\n\n## B {#x}\n\n## C {#x}\n"},
    "code of the page's own": {"a.md": "# A\n\n<script>go()</script>\n"},
    "a word that looks like an element": {"a.md": "# A\n\nA `List<T>` is a List<String> and a List<String>.\n"},
    "a formula that is none": {"a.md": "# A\n\nSo $\\frac{1$ and on.\n"},
    "a file to show that is not there": {"a.md": "# A\n\n```python file=code.py\n```\n"},
    "a key that is unknown": {"a.md": "---\ntitel: A\n---\n# A\n"},
    "a value of the wrong kind": {"a.md": "---\ntitle: A\ndraft: perhaps\norder: first\n---\n# A\n"},
    "front matter that is no YAML": {"a.md": "---\ntitle: A\ntags: [a, b\n---\n# A\n"},
    "front matter that is no TOML": {"a.md": "+++\ntitle = A\n+++\n# A\n"},
    "front matter with an alias": {"a.md": "---\na: &x [1]\nb: *x\n---\n# A\n"},
    "front matter that gives a key twice": {"a.md": "---\ntitle: A\ntags: [b]\ntitle: C\n---\n# A\n"},
    "front matter without an end": {"a.md": "---\ntitle: A\ntags: [b]\n\n# A\n"},
    "two pages with one slug": {"a.md": "---\nslug: c\n---\n# A\n", "b.md": "---\ntitle: B\nslug: c\n---\n"},
    "an alias that is a page": {"a.md": "---\naliases: [/b/]\n---\n# A\n", "b.md": "# B\n"},
    "an alias that is a file of the site": {"a.md": "---\naliases: [/sw.js, /index.html]\n---\n# A\n"},
    "an alias in a folder of the site's own": {"a.md": "---\naliases: [/assets/old/]\n---\n# A\n"},
    "two pages with one id": {"c/a.md": "---\nid: x\n---\n# A\n", "c/b.md": "---\nid: x\n---\n# B\n"},
    "two pages with one URL": {"A b.md": "# A\n", "a_b.md": "# B\n"},
    "a block that is not closed": {"a.md": "# A\n\n::: note\nText.\n"},
    "a block that is closed elsewhere": {"a.md": "# A\n\n- x\n\n  ::: note\n  Text.\n\n:::\n"},
    "a block of no known name": {"a.md": "# A\n\n::: warnin\nText.\n:::\n"},
    "a quiz without an id": {"a.md": "# A\n\n::: quiz [Which?]\n" + QUIZ},
    "two quizzes with one id": {"a.md": "# A\n\n::: quiz {#q}\n" + QUIZ + "\n::: quiz {#q}\n" + QUIZ},
    "a quiz without an answer": {"a.md": "# A\n\n::: quiz {#q}\n- [ ] This\n- [ ] That\n:::\n"},
    "a trace without an answer": {"a.md": "# A\n\n::: trace {#t}\nWhat?\n:::\n"},
    "an exercise without its files": {"a.md": "# A\n\n::: exercise {#e file=C.sol}\nDo.\n:::\n"},
    "lists without end": {"a.md": "# A\n\n" + "- " * 200 + "x\n"},
    "a file that is not UTF-8": {"a.md": b"# A\n\nCaf\xe9\n"},
    "a file in UTF-16": {"a.md": "# A\n".encode("utf-16")},
    "a binary file": {"a.md": b"# A\n\x00\x01\x02\n"},
    "a file that is no page": {"a.md": b"---\ntitle: A\n---\nAll of it.\n" + b"x" * (LARGEST + 1)},
    "other tools' syntax": {"a.md": OTHERS},
    "front matter in JSON": {"a.md": '{\n  "title": "A"\n}\n\n# A\n'},
    "a picture that is a page": {"a.md": "# A\n\n[here](#a) and ![A cat](#cat) and ![A page](index.md)\n"},
    "a retired.toml that is none": {"a.md": "# A\n", "retired.toml": "ids = ["},
}
# Those that need a theme's file, a symbolic link, no permission, no base_url or a release have tests of their own.
ELSEWHERE = {
    *("asset-missing", "json-syntax", "module-missing", "script-syntax", "style-syntax", "svg-script", "unminified"),
    *("base-url", "unreadable", "budget", "setting", "template", "usage"),
}


def test_what_is_said_of_each_mistake(place: Path) -> None:
    """Severity, code, place, sentence, source with a caret, hint; nothing else is said of the site."""
    said = []
    found = set()
    for number, (mistake, files) in enumerate(MISTAKES.items()):
        report = Course(place / str(number), {"site.toml": HEAD, "index.md": "# Home\n", **files}).build()
        assert report.problems, mistake
        found |= {problem.code for problem in report.problems}
        said.append("\n".join([f"== {mistake}", *(show(problem) for problem in report.problems)]))
    text = "\n\n".join(said) + "\n"
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.write_text(text, encoding="utf-8")
    assert text == GOLDEN.read_text(encoding="utf-8")
    assert {row[0] for row in section("Problems")} - found - ELSEWHERE == set(), "no site makes these"
