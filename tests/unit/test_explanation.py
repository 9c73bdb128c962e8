"""What ``explain`` says at a terminal."""

from __future__ import annotations

from builder.explanation import SHOWN, Explanation, as_text


def test_a_long_list_is_cut_and_what_is_left_out_is_counted() -> None:
    """The number in brackets is that of all; a list that fits is whole."""
    for count, more in ((SHOWN, ""), (SHOWN + 2, " and 2 more")):
        names = tuple(f"p{number}" for number in range(count))
        text = as_text(Explanation("a.md", "page", needed_by={"linked_by": names}))
        assert f"  needed by linked by ({count}): {', '.join(names[:SHOWN])}{more}\n" in f"{text}\n"


def test_what_does_not_apply_is_not_said() -> None:
    assert as_text(Explanation("a.md", "page")) == "a.md: page"
