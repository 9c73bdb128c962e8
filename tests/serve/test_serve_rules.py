"""``_headers`` and ``_redirects`` as static hosts read them."""

from __future__ import annotations

from builder.io.serve.rules import read_rules

HEADERS = """/*
  X-Content-Type-Options: nosniff
  Cache-Control: no-cache
/assets/*
  Cache-Control: max-age=1
/sw.js
  X-Worker: yes: it is
"""


def test_the_more_particular_rule_holds() -> None:
    rules = read_rules(HEADERS, "")
    assert rules.headers_of("/a/") == {"x-content-type-options": "nosniff", "cache-control": "no-cache"}
    assert rules.headers_of("/assets/a.css")["cache-control"] == "max-age=1"


def test_a_value_may_have_colons_and_a_path_without_a_star_is_that_path() -> None:
    rules = read_rules(HEADERS, "")
    assert rules.headers_of("/sw.js")["x-worker"] == "yes: it is"
    assert "x-worker" not in rules.headers_of("/sw.js.map")


def test_redirects_have_a_target_and_a_status() -> None:
    rules = read_rules("", "/old/ /new/ 302\n# /no/ /thing/\n/older/ /new/\n")
    assert rules.redirects == {"/old/": ("/new/", 302), "/older/": ("/new/", 301)}
