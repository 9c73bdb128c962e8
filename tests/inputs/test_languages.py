"""Trees in many languages and of many shapes: every page has a place, and links lead where their authors meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from course import Course

HEADINGS = [
    "पहला पाठ",
    "பாடம் ஒன்று",
    "บทเรียนแรก",
    "មេរៀនទីមួយ",
    "الدرس الأول",
    "שיעור ראשון",
    "最初の レッスン",
    "Ærø naïve",
]


@pytest.mark.parametrize("heading", HEADINGS)
def test_a_heading_of_any_script_has_the_id_that_others_give_it(tmp_path: Path, heading: str) -> None:
    """The id is the heading in lower case with hyphens, signs and vowels kept, as authors know it from elsewhere."""
    identifier = heading.lower().replace(" ", "-")
    course = Course(tmp_path, {"index.md": f"# A\n\n[there](#{identifier})\n\n## {heading}!\n"})
    assert [problem.code for problem in course.build().problems] == ["base-url"]
    assert f'id="{identifier}"' in course.page("index.html")


def test_names_that_come_to_one_url_each_have_a_page(tmp_path: Path) -> None:
    """Names that differ only in signs are numbered in order, and every one is told."""
    files = {f"{'!' * number}same.md": f"# S{number}\n" for number in range(5)}
    course = Course(tmp_path, files)
    collided = [problem for problem in course.build().problems if problem.code == "url-collision"]
    assert len(collided) == len(files) - 1
    assert {path for path in course.outputs() if path.startswith("same")} == {
        "same/index.html",
        *(f"same-{number}/index.html" for number in range(2, 6)),
    }


def test_folders_stand_where_the_first_of_their_pages_is_listed(tmp_path: Path) -> None:
    """A SUMMARY.md that lists pages of folders without a page of their own puts those folders in that order."""
    course = Course(
        tmp_path,
        {
            "SUMMARY.md": "# Summary\n\n- [Z](z/deep/one.md)\n- [A](a/one.md)\n",
            "a/one.md": "# A one\n",
            "z/deep/one.md": "# Z one\n",
            "m/one.md": "# M one\n",
        },
    )
    course.build()
    page = course.page("index.html")
    assert page.index('href="/z/"') < page.index('href="/a/"') < page.index('href="/m/"')


def test_a_folder_named_for_a_language_is_in_it(tmp_path: Path) -> None:
    """Without a site.toml the names of folders are all there is to tell by; what lies in one is in its language."""
    course = Course(
        tmp_path,
        {
            "README.md": "# Home\n",
            "translations/ar/one/README.md": "# الدرس\n",
            "translations/pt_BR/one.md": "# Um\n",
            "languages.md": "# None\n",
        },
    )
    course.build()
    assert '<html lang="ar" dir="rtl"' in course.page("translations/ar/one/index.html")
    assert '<html lang="pt-BR"' in course.page("translations/pt-br/one/index.html")
    assert '<html lang="en"' in course.page("languages/index.html")


def test_folders_of_programming_languages_are_in_none(tmp_path: Path) -> None:
    """Czech, Tsonga and Catalan have company of their own kind; C# and TypeScript stand between Go and Python."""
    course = Course(tmp_path, {f"{name}/one.md": "# One\n" for name in ("cs", "ts", "ml", "go", "python", "rust")})
    course.build()
    assert '<html lang="en"' in course.page("cs/one/index.html")
