"""After any edits, an incremental build leaves what a clean one leaves, byte for byte, and says what it says."""

from __future__ import annotations

import os
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from course import differences
from incremental.edits import EDITS, Edit, apply, restart

# The same few edits on every run, so that a red run is about the change at hand; a search for new ones asks for more.
MORE = int(os.environ.get("COURSEWRIGHT_EXAMPLES", "0"))
SETTINGS = settings(
    deadline=None,
    max_examples=MORE or 50,
    derandomize=not MORE,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    print_blob=True,
)


@SETTINGS
@given(edits=st.lists(EDITS, min_size=1, max_size=8), stamped=st.booleans(), warm=st.booleans())
def test_incremental_equals_clean(place: Path, edits: list[Edit], *, stamped: bool, warm: bool) -> None:
    """Output and problems are those of a clean build after every edit, whether time stamps can be trusted or not."""
    course = restart(place / "course")
    course.build()
    for edit in edits:
        apply(course, edit, stamped=stamped)
        report = course.build()
        if warm:
            again = course.build()
            assert again.problems == report.problems
            assert again.build_id == report.build_id
        outputs, problems = course.clean()
        assert differences(course.outputs(), outputs) == []
        assert report.problems == problems
