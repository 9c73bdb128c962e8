"""Where these tests put their courses."""

from __future__ import annotations

import pytest

from course import quick_folder

place = pytest.fixture(quick_folder, name="place")
