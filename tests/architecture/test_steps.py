"""A step whose code changed says so in its version."""

from __future__ import annotations

import ast
import json

from architecture.relock import LOCK, current, shape

ADVICE = """
If it can return anything else than before, raise its @step(version=...); then run
    python tests/architecture/relock.py
"""


def test_every_step_is_locked_and_changed_code_has_a_new_version() -> None:
    locked, now = json.loads(LOCK.read_text(encoding="utf-8")), current()
    changed = sorted(name for name in now if now[name] != locked.get(name))
    stale = [name for name in changed if name in locked and now[name]["version"] == locked[name]["version"]]
    assert not stale, f"the code behind {', '.join(stale)} changed and the version did not.{ADVICE}"
    assert not changed, f"not in steps.lock as they are: {', '.join(changed)}.{ADVICE}"
    assert set(now) == set(locked), f"gone, and still in steps.lock: {sorted(set(locked) - set(now))}.{ADVICE}"


def test_comments_layout_and_docstrings_are_not_code() -> None:
    plain = "def f(a):\n    return a + 1\n"
    dressed = '"""Why."""\n\n\ndef f(\n    a,\n):\n    """What."""\n    return a + 1  # so\n'
    assert shape(ast.parse(plain)) == shape(ast.parse(dressed))
    assert shape(ast.parse(plain)) != shape(ast.parse(plain.replace("1", "2")))
