"""Words that an author wrote for readers and browsers take for elements: ``List<String>``, ``<your-name>``.

What HTML does not know, has no attribute, and is nowhere closed, is nobody's element: a component of another tool's is
closed, and one of the author's own as well, since no element of one's own may go without its end.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

# What browsers know, obsolete elements included; drawings and formulas have others, and close them all.
_NAMES = """
a abbr acronym address applet area article aside audio b base basefont bdi bdo bgsound big blink blockquote body br
button canvas caption center cite code col colgroup data datalist dd del details dfn dialog dir div dl dt em embed
fencedframe fieldset figcaption figure font footer form frame frameset h1 h2 h3 h4 h5 h6 head header hgroup hr html i
iframe image img input ins kbd keygen label legend li link listing main map mark marquee math menu menuitem meta meter
nav nobr noembed noframes noscript object ol optgroup option output p param picture plaintext pre progress q rb rp rt
rtc ruby s samp script search section select selectedcontent slot small source spacer span strike strong style sub
summary sup svg table tbody td template textarea tfoot th thead time title tr track tt u ul var video wbr xmp
"""
_KNOWN = frozenset(_NAMES.split())
_BARE = re.compile(r"<([A-Za-z][A-Za-z0-9-]*)>")
_END = re.compile(r"</([A-Za-z][^\s<>/]*)")


def unread(html: str) -> Iterator[re.Match[str]]:
    """Return the tags of a page's HTML that nobody will see, though they were meant to be read."""
    names = {name for name in set(_BARE.findall(html)) if name.lower() not in _KNOWN}
    if not names:
        return iter(())
    closed = {name.lower() for name in _END.findall(html)}
    return (found for found in _BARE.finditer(html) if found[1] in names and found[1].lower() not in closed)
