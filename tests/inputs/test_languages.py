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


def test_a_page_whose_name_ends_in_a_language_is_in_it(tmp_path: Path) -> None:
    """``README.ar.md`` says so itself where ``README.md`` stands beside it, or in a folder of translations."""
    course = Course(
        tmp_path,
        {
            "README.md": "# Home\n\n[العربية](README.ar.md)\n",
            "README.ar.md": "# الدرس\n",
            "one/README.md": "# One\n",
            "one/translations/README.pt-br.md": "# Um\n",
            "one/translations/assignment.fil.md": "# Gawain\n",
        },
    )
    assert [problem.code for problem in course.build().problems] == ["base-url"]
    assert '<html lang="ar" dir="rtl"' in course.page("readme.ar/index.html")
    assert '<html lang="pt-br"' in course.page("one/translations/readme.pt-br/index.html")
    assert '<html lang="fil"' in course.page("one/translations/assignment.fil/index.html")
    assert 'href="/readme.ar/"' in course.page("index.html")


@pytest.mark.parametrize("names", [["config.ts.md", "config.md"], ["release.is.md"], ["node.js.md", "node.md"]])
def test_what_ends_in_no_language_is_in_the_sites(tmp_path: Path, names: list[str]) -> None:
    """A script's suffix, a word without an original beside it and a word of no language tell nothing."""
    course = Course(tmp_path, {"index.md": "# Home\n", **dict.fromkeys(names, "# A page\n")})
    course.build()
    assert '<html lang="en"' in course.page(f"{names[0].removesuffix('.md')}/index.html")


def test_a_site_says_which_languages_it_has(tmp_path: Path) -> None:
    """With a site.toml a name's end counts where the site names that language."""
    course = Course(
        tmp_path,
        {
            "site.toml": 'title = "Site"\nlanguages = ["en", "de"]\n',
            "index.md": "# Home\n",
            "de/index.md": "# Start\n",
            "c/a.md": "# A\n",
            "c/a.de.md": "# A auf Deutsch\n",
            "c/a.fr.md": "# A en fran\u00e7ais\n",
        },
    )
    course.build()
    assert '<html lang="de"' in course.page("c/a.de/index.html")
    assert '<html lang="en"' in course.page("c/a.fr/index.html")


def test_languages_of_three_letters_have_folders(tmp_path: Path) -> None:
    """Nigerian Pidgin counts where the folder says that it holds languages; elsewhere a name is a name."""
    course = Course(tmp_path, {"translations/pcm/one.md": "# One\n", "war/one.md": "# One\n", "index.md": "# H\n"})
    course.build()
    assert '<html lang="pcm"' in course.page("translations/pcm/one/index.html")
    assert '<html lang="en"' in course.page("war/one/index.html")
