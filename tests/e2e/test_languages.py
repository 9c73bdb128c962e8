"""Languages: what is learnt in one is learnt in all, and each page leads on in its own."""

from __future__ import annotations

from playwright.sync_api import expect

from e2e.conftest import MakePage
from e2e.gallery import LESSON_URL
from e2e.host import Host

SPANISH = "/es/solidity-basics/first-steps/first-contract/"


def test_an_answer_in_one_language_counts_once_in_all(site: Host, open_page: MakePage) -> None:
    page = open_page(site.url + "/es" + LESSON_URL)
    page.locator("#one").get_by_label("Beta").check()
    page.locator("#one").get_by_role("button", name="Comprobar").click()
    expect(page.locator("#one").get_by_role("status")).to_contain_text("5")
    page.goto(site.url + LESSON_URL)
    page.locator("#one").scroll_into_view_if_needed()
    expect(page.locator("#one").get_by_role("status")).to_have_text("Right. +5 points")
    expect(page.locator("#one").get_by_label("Beta")).to_be_checked()


def test_a_course_stands_once_in_the_list_of_courses_in_the_pages_language(site: Host, open_page: MakePage) -> None:
    page = open_page(site.url + "/es/profile/")
    expect(page.locator(".courses a").first).to_have_text("El curso")
    expect(page.locator(".courses li")).to_have_count(1)
    page.goto(site.url + "/profile/")
    expect(page.locator(".courses a").first).to_have_text("The course")
    page.goto(site.url + "/ar/leaderboard/")
    options = page.locator("select[name=course] option")
    expect(options).to_have_count(2)
    expect(options.last).to_have_text("الدورة")
    assert options.last.get_attribute("value") == "course"


def test_the_sample_site_is_read_in_spanish_from_its_home_to_a_quiz(sample: Host, open_page: MakePage) -> None:
    page = open_page(sample.url + "/", width=360, height=740)
    page.get_by_role("navigation", name="Languages").get_by_role("link", name="Español").click()
    expect(page.locator("html")).to_have_attribute("lang", "es")
    page.locator(".cards").get_by_role("link", name="Solidity desde los cimientos").click()
    page.get_by_role("link", name="Empezar el curso").click()
    page.get_by_role("navigation", name="Páginas anterior y siguiente").get_by_role("link", name="Tu primer").click()
    expect(page).to_have_url(f"{sample.url}{SPANISH}")
    quiz = page.locator("#first-contract-sleep")
    quiz.get_by_label("Una transacción que alguien envía el viernes").check()
    quiz.get_by_role("button", name="Comprobar").click()
    expect(quiz.get_by_role("status")).to_contain_text("Correcto")


def test_a_translated_home_gives_the_site_its_name_in_that_language(sample: Host, open_page: MakePage) -> None:
    page = open_page(sample.url + SPANISH)
    expect(page.locator(".brand")).to_have_text("Aprende Solidity")
    expect(page).to_have_title("Tu primer contrato · Aprende Solidity")
    page.goto(sample.url + "/es/")
    expect(page).to_have_title("Aprende Solidity")
    page.goto(sample.url + "/")
    expect(page.locator(".brand")).to_have_text("Learn Solidity")


def test_the_learners_own_pages_lead_to_themselves_in_the_other_languages(gallery: Host, open_page: MakePage) -> None:
    page = open_page(gallery.url + "/profile/")
    page.get_by_role("navigation", name="Languages").get_by_role("link", name="Español").click()
    expect(page).to_have_url(gallery.url + "/es/profile/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Tu progreso")


def test_tags_are_listed_in_the_language_of_the_pages_that_bear_them(gallery: Host, open_page: MakePage) -> None:
    page = open_page(gallery.url + "/es" + LESSON_URL)
    page.get_by_role("navigation", name="Otras partes del sitio").get_by_role("link", name="Etiquetas").click()
    expect(page).to_have_url(gallery.url + "/es/tags/")
    expect(page).to_have_title("Etiquetas · Galería")
    expect(page.locator("html")).to_have_attribute("lang", "es")
    expect(page.locator("main .tags a")).to_have_text(["all", "todos"])
    page.locator("main .tags").get_by_role("link", name="all").click()
    expect(page.locator(".cards a")).to_have_text(["Todo"])
    above = page.get_by_role("navigation", name="Dónde estás").get_by_role("link")
    expect(above).to_have_text(["Galería", "Etiquetas"])
    page.get_by_role("navigation", name="Idiomas").get_by_role("link", name="English").click()
    expect(page).to_have_url(gallery.url + "/tags/all/")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator(".cards a")).to_have_text(["Everything"])
    alternates = page.locator("link[rel=alternate][hreflang]")
    assert {each.get_attribute("hreflang"): each.get_attribute("href") for each in alternates.all()} == {
        "en": "/tags/all/",
        "es": "/es/tags/all/",
        "x-default": "/tags/all/",
    }


def test_a_language_without_tags_leads_to_no_list_of_them(gallery: Host, open_page: MakePage) -> None:
    page = open_page(gallery.url + "/ar" + LESSON_URL)
    expect(page.locator(".foot a[href*='/tags/']")).to_have_count(0)
