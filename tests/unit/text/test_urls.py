"""URLs from names that no author should have to think about."""

from __future__ import annotations

import pytest

from builder.text.urls import slugify


@pytest.mark.parametrize("name", ["...", "..", "-", "🎉", "?!", ".-."])
def test_a_name_without_a_letter_still_has_a_place_and_climbs_nowhere(name: str) -> None:
    assert slugify(name) == "page"
