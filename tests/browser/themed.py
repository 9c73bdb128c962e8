"""A course that is built with the tool's own theme: what these tests look at is what people see."""

from __future__ import annotations

import pytest

from builder.pipeline import build
from builder.report import Report
from course import DAY, Course


class Themed(Course):
    """A course with the theme that the tool brings."""

    def build(self, **options: object) -> Report:
        """Build in this process, on the last day of January 2026."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("SOURCE_DATE_EPOCH", DAY)
            return build(self.request(**options), self.said.append)
