"""The contract's first sentences: which files are pages, where they stand, and in which order."""

from __future__ import annotations

from pathlib import Path

import pytest

from course import Course
from golden.reading import SITE, built, children, kind, listed, title, urls


def test_md_markdown_and_mdx_are_lessons(place: Path) -> None:
    """Three endings, in any case, are Markdown; other text is not."""
    course = Course(place, {"a.md": "# A", "b.markdown": "# B", "c.mdx": "# C", "d.MD": "# D", "e.txt": "# E"})
    built(course)
    assert urls(course) == {"/", "/a/", "/b/", "/c/", "/d/"}


@pytest.mark.parametrize(
    ("names", "first"),
    [
        (["index.md", "README.md", "_index.md"], "index.md"),
        (["Readme.MD", "_INDEX.md"], "Readme.MD"),
        (["INDEX.markdown", "readme.md"], "INDEX.markdown"),
        (["_Index.mdx"], "_Index.mdx"),
    ],
)
def test_a_folders_page_is_the_first_of_index_readme_and_underscore_index(
    place: Path, names: list[str], first: str
) -> None:
    """In any case of letters; those that are not chosen are lessons of their own."""
    course = Course(place, {"index.md": "# Home", **{f"part/{name}": f"# Text of {name}" for name in names}})
    built(course)
    assert title(course.page("part/index.html")) == f"Text of {first}"
    assert len(urls(course)) == 1 + len(names)
    assert len(children(course.page("part/index.html"))) == len(names) - 1


def test_a_folder_without_a_page_gets_one_that_lists_its_lessons(place: Path) -> None:
    """It is named after the folder, without the number in front."""
    course = Course(place, {"index.md": "# Home", "02-first-steps/b.md": "# B", "02-first-steps/a.md": "# A"})
    built(course)
    page = course.page("first-steps/index.html")
    assert title(page).lower() == "first steps"
    assert children(page) == ["/first-steps/a/", "/first-steps/b/"]


def test_summary_gives_order_and_nesting_and_is_no_page(place: Path) -> None:
    """What stands further in is below; what it does not list follows; drafts of the list are no links."""
    course = Course(
        place,
        {
            "index.md": "# Home",
            "SUMMARY.md": "# Summary\n\n* [Z](z.md)\n  * [M](m.md)\n* [B](b.md)\n",
            **{f"{name}.md": f"# {name}" for name in "abmz"},
        },
    )
    assert built(course) == {}
    assert children(course.page("index.html")) == ["/z/", "/b/", "/a/"]
    assert children(course.page("z/index.html")) == ["/m/"]
    assert urls(course) == {"/", "/a/", "/b/", "/m/", "/z/"}


def test_hidden_folders_and_those_of_tools_are_no_content(place: Path) -> None:
    """Neither their pages nor their files are published, at any depth."""
    names = [".git", ".venv", "node_modules", "dist", "deep/node_modules", "deep/.hidden"]
    course = Course(place, {"index.md": "# Home", "deep/a.md": "# A", **{f"{name}/x.md": "# X" for name in names}})
    assert built(course) == {}
    assert urls(course) == {"/", "/deep/", "/deep/a/"}


def test_symbolic_links_are_followed_inside_the_root_once(place: Path) -> None:
    """A folder that is linked is there under the link's name; one that holds itself comes to an end."""
    course = Course(place, {"index.md": "# Home", "real/a.md": "# A"})
    (course.content / "again").symlink_to("real")
    (course.content / "real" / "loop").symlink_to("..")
    (course.content / "b.md").symlink_to("real/a.md")
    assert built(course) == {}
    assert urls(course) == {"/", "/real/", "/real/a/", "/again/", "/again/a/", "/b/"}


def test_symbolic_links_never_lead_outside(place: Path) -> None:
    """Neither a file nor a folder from beside the content is published; the author hears of it."""
    (place / "beside").mkdir()
    (place / "beside" / "secret.md").write_text("# Secret word")
    course = Course(place / "course", {"index.md": "# Home\n\n[s](s.md) [s](out/secret.md)"})
    (course.content / "s.md").symlink_to(place / "beside" / "secret.md")
    (course.content / "out").symlink_to(place / "beside")
    assert "link-outside" in built(course)
    assert not any(b"Secret word" in data for data in course.outputs().values())


def test_without_a_site_toml_the_tree_is_one_course_and_its_top_folders_are_modules(place: Path) -> None:
    """The root's page is the course's."""
    course = Course(place, {"index.md": "# C", "part/index.md": "# P", "part/a.md": "# A", "part/deep/b.md": "# B"})
    built(course)
    kinds = [kind(course.page(f"{path}index.html")) for path in ("", "part/", "part/a/", "part/deep/")]
    assert kinds == ["course", "module", "lesson", "module"]


def test_with_a_site_toml_each_top_folder_is_a_course_and_the_roots_page_the_home(place: Path) -> None:
    """Folders in a course are modules."""
    course = Course(place, {**SITE, "index.md": "# H", "one/m/a.md": "# A", "two/b.md": "# B"})
    built(course)
    kinds = [kind(course.page(f"{path}index.html")) for path in ("", "one/", "one/m/", "one/m/a/", "two/")]
    assert kinds == ["home", "course", "module", "lesson", "course"]


@pytest.mark.parametrize(
    ("path", "url"),
    [
        ("01-basics/02-Storage.md", "/basics/storage/"),
        ("1. One.md", "/one/"),
        ("12_a_b c.md", "/a-b-c/"),
        ("01-02-x.md", "/01-02-x/"),
        ("2024-01-05-news.md", "/2024-01-05-news/"),
        ("404.md", "/404/"),
        ("01.md", "/01/"),
        ("3d-x.md", "/3d-x/"),
        ("ch01-00-x.md", "/ch01-00-x/"),
        ("1234-x.md", "/1234-x/"),
        ("Größe & Maß!.md", "/größe--maß/"),
        ("Cafe\u0301.md", "/café/"),
        ("v1.2.md", "/v1.2/"),
        ("日本.md", "/日本/"),
    ],
)
def test_a_url_is_the_path_made_plain(path: str, url: str, place: Path) -> None:
    """Prefix off once, NFC, lower case, hyphens; what is no letter, digit, hyphen or dot is dropped."""
    course = Course(place, {"index.md": "# Home", path: "# X"})
    built(course)
    assert url in urls(course)


def test_hrefs_are_percent_encoded_and_end_with_a_slash(place: Path) -> None:
    """A letter of any script is written in percent where it is linked."""
    assert listed(Course(place, {"index.md": "# H"}), {"Größe.md": "# G"}) == ["/gr%C3%B6%C3%9Fe/"]


def test_siblings_that_collide_through_their_prefix_keep_it(place: Path) -> None:
    """Without a warning; a folder and a page count as siblings."""
    course = Course(place, {"index.md": "# H", "01-x.md": "# A", "02-x.md": "# B", "x.md": "# C", "03-x/a.md": "# D"})
    assert built(course) == {}
    assert urls(course) == {"/", "/01-x/", "/02-x/", "/x/", "/03-x/", "/03-x/a/"}


def test_what_is_still_equal_is_numbered_with_a_warning(place: Path) -> None:
    """A page and a folder of one name, and two names that differ in signs: no page is lost."""
    files = {"index.md": "# H", "x.md": "# Page", "x/index.md": "# Folder", "A b.md": "# 1", "a_b.md": "# 2"}
    course = Course(place, files)
    found = built(course)
    assert found["url-collision"].severity == "warning"
    assert urls(course) == {"/", "/x/", "/x-2/", "/a-b/", "/a-b-2/"}


def test_slugs_and_aliases_that_clash_are_errors_and_lose_no_page(place: Path) -> None:
    """Each stands at its own line."""
    course = Course(
        place,
        {
            "index.md": "# H",
            "a.md": "---\nslug: same\n---\n# A",
            "b.md": "---\nslug: same\n---\n# B",
            "c.md": "---\ntitle: C\naliases: [/a2/]\n---\n",
            "a2.md": "# A2",
        },
    )
    problems = [problem for problem in course.build().problems if problem.code == "slug-clash"]
    assert [(problem.severity, problem.path, problem.line) for problem in problems] == [
        ("error", "b.md", 2),
        ("error", "c.md", 3),
    ]
    assert urls(course) == {"/", "/same/", "/same-2/", "/c/", "/a2/"}


def test_a_slug_that_takes_the_address_of_another_pages_name_is_an_error_at_the_slug(place: Path) -> None:
    """Of a page or of a folder; both have their place."""
    files = {"a.md": "---\nslug: b\n---\n# A", "b.md": "# B", "c.md": "---\nslug: d\n---", "d/e.md": "# E"}
    course = Course(place, files)
    problems = [problem for problem in course.build().problems if problem.code != "base-url"]
    assert [(problem.code, problem.path, problem.line) for problem in problems] == [
        ("slug-clash", "a.md", 2),
        ("slug-clash", "c.md", 2),
    ]
    assert urls(course) == {"/", "/b/", "/b-2/", "/d/", "/d-2/", "/d-2/e/"}


def test_a_title_is_front_matters_else_the_first_headings_else_the_file_names(place: Path) -> None:
    """A heading's markup and id are no part of it."""
    course = Course(
        place,
        {
            "index.md": "# H",
            "a.md": "---\ntitle: Given\n---\n# Heading",
            "b.md": "Text.\n\n## The *first* `one` {#x}\n\n# Later",
            "03-my_file name.md": "Text.",
        },
    )
    built(course)
    found = [title(course.page(f"{name}/index.html")) for name in ("a", "b", "my-file-name")]
    assert found == ["Given", "The first one", "My file name"]


@pytest.mark.parametrize("word", ["order", "weight", "nav_order", "sidebar_position"])
def test_order_in_any_tools_word_goes_before_summary_prefix_and_name(place: Path, word: str) -> None:
    """Then SUMMARY.md, then number prefixes, then names as people sort them."""
    found = listed(
        Course(place, {"index.md": "# H", "SUMMARY.md": "- [S](s.md)\n"}),
        {
            **dict.fromkeys(["x10.md", "x9.md", "02-b.md", "10-c.md", "01-z.md", "s.md"], "# X"),
            "last.md": f"---\n{word}: 2\n---\n",
            "late.md": f"---\n{word}: 1.5\n---\n",
        },
    )
    assert found == ["/late/", "/last/", "/s/", "/z/", "/b/", "/c/", "/x9/", "/x10/"]
