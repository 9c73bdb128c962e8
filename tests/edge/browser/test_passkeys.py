"""Passkeys in a real browser: Chromium with a virtual authenticator goes through every ceremony."""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from e2e.learner import AUTHENTICATOR
from edge.clients import ERC20, HELLO, PRAGMA, STORAGE, event
from edge.instances import Instance
from edge.places import fresh_settings
from servers import Browser as Chromium

SCRIPT = """
async ([method, path, body]) => {
  const answer = await fetch(path, {
    method, headers: body === null ? {} : {'Content-Type': 'application/json'},
    body: body === null ? undefined : JSON.stringify(body)});
  const text = await answer.text();
  return {status: answer.status, body: text ? JSON.parse(text) : null};
}
"""

REGISTER = """
async (label) => {
  const post = (path, body) => fetch(path, {method: 'POST', headers: {'Content-Type': 'application/json'},
                                            body: JSON.stringify(body)});
  const options = await (await post('/api/passkeys/register/options')).json();
  const credential = await navigator.credentials.create(
    {publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options)});
  const answer = await post('/api/passkeys/register', {credential: credential.toJSON(), label});
  return {status: answer.status, body: await answer.json(), sent: credential.toJSON()};
}
"""

# What is under way is asked again with the new cookie where the answer says so: the old one was somebody else's.
SIGN_IN = """
async () => {
  const post = (path, body) => fetch(path, {method: 'POST', headers: {'Content-Type': 'application/json'},
                                            body: JSON.stringify(body)});
  const options = await (await post('/api/passkeys/sign-in/options')).json();
  const credential = await navigator.credentials.get(
    {publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options)});
  const sent = {credential: credential.toJSON()};
  const ask = async (left) => {
    const answer = await fetch('/api/session', {method: 'POST'});
    if (answer.status !== 409 || !left) return answer.status;
    await new Promise(resolve => setTimeout(resolve, 100));
    return ask(left - 1);
  };
  const parallel = [0, 1, 2, 3].map(() => ask(10));
  const answer = await post('/api/passkeys/sign-in', sent);
  return {status: answer.status, body: await answer.json(), sent, parallel: await Promise.all(parallel)};
}
"""


class Device:
    """One browser profile with one authenticator."""

    def __init__(self, context: BrowserContext, url: str, passkeys: list[Any] | None = None) -> None:
        self.context = context
        self.page: Page = context.new_page()
        self.page.goto(f"{url}/api/courses")
        self._line = context.new_cdp_session(self.page)
        self._line.send("WebAuthn.enable")
        self._authenticator = self._line.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})[
            "authenticatorId"
        ]
        for passkey in passkeys or []:
            self._line.send("WebAuthn.addCredential", {"authenticatorId": self._authenticator, "credential": passkey})

    @property
    def passkeys(self) -> list[Any]:
        """The credentials in the authenticator, to be carried to another device."""
        answer = self._line.send("WebAuthn.getCredentials", {"authenticatorId": self._authenticator})
        return list(answer["credentials"])

    def send(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        """Send a request as a page does."""
        answer: dict[str, Any] = self.page.evaluate(SCRIPT, [method, path, body])
        return answer

    def tell(self, *items: str) -> dict[str, Any]:
        """Tell that these lessons were read."""
        return self.send("POST", "/api/progress", {"events": [event(item) for item in items]})

    def register(self, label: str = "Laptop") -> dict[str, Any]:
        """Register a passkey."""
        answer: dict[str, Any] = self.page.evaluate(REGISTER, label)
        return answer

    def sign_in(self) -> dict[str, Any]:
        """Sign in with whatever passkey the authenticator offers."""
        answer: dict[str, Any] = self.page.evaluate(SIGN_IN)
        return answer

    @property
    def cookie(self) -> str:
        """The session's secret."""
        return next(each["value"] for each in self.context.cookies() if each["name"] == "session")

    @property
    def learner(self) -> Any:
        """Who the edge says this is."""
        return self.send("GET", "/api/session")["body"]["learner"]

    @property
    def line(self) -> Any:
        """The learner's line on the board, which is there once."""
        entries = self.send("GET", "/api/leaderboard")["body"]["entries"]
        (line,) = [entry for entry in entries if entry["handle"] == self.learner["handle"]]
        return line


class Devices:
    """Makes devices that know one instance of the edge."""

    def __init__(self, browser: Browser, instance: Instance) -> None:
        self._browser = browser
        self._contexts: list[BrowserContext] = []
        self.instance = instance

    def new(self, passkeys: list[Any] | None = None) -> Device:
        """Return a device that has never been here."""
        self._contexts.append(self._browser.new_context())
        return Device(self._contexts[-1], self.instance.url, passkeys)

    def close(self) -> None:
        """Close them all."""
        for context in self._contexts:
            context.close()


@pytest.fixture(scope="module")
def browser(chromium: Chromium) -> Iterator[Browser]:
    """Give one Chromium for all of these tests."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.path, args=chromium.flags)
        yield browser
        browser.close()


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def instance(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """Give one instance per database for all of these tests; each brings learners of its own."""
    with Instance(fresh_settings(request, tmp_path_factory.mktemp("passkeys"))) as running:
        yield running


@pytest.fixture
def devices(instance: Instance, browser: Browser) -> Iterator[Devices]:
    """Give devices that know the instance."""
    made = Devices(browser, instance)
    yield made
    made.close()


def test_a_learner_becomes_an_account_and_is_found_again(devices: Devices) -> None:
    """Register on one device, sign in on another: one account, one history, points counted once."""
    laptop = devices.new()
    laptop.send("POST", "/api/session")
    laptop.tell(HELLO)
    before = laptop.cookie
    registered = laptop.register()
    assert registered["status"] == 200, registered
    assert registered["body"]["learner"]["anonymous"] is False
    assert len(registered["body"]["recovery_codes"]) == 8
    assert laptop.cookie != before
    assert (laptop.learner["xp"], laptop.learner["anonymous"]) == (10, False)
    assert (laptop.line["xp"], laptop.line["lessons"]) == (10, 1)

    phone = devices.new(laptop.passkeys)
    phone.send("POST", "/api/session")
    phone.tell(HELLO, ERC20)
    anonymous = phone.learner["handle"]
    entered = phone.sign_in()
    assert entered["status"] == 200, entered
    assert "recovery_codes" not in entered["body"]
    assert phone.learner == laptop.learner
    assert phone.learner["xp"] == 25
    assert phone.learner["handle"] != anonymous
    assert set(entered["parallel"]) == {200}
    assert (phone.line["xp"], phone.line["lessons"]) == (25, 2)
    assert len(phone.send("GET", "/api/progress")["body"]["events"]) == 3
    assert len(phone.send("GET", "/api/sessions")["body"]["sessions"]) == 2


def test_a_ceremony_works_once(devices: Devices) -> None:
    """What was sent before is worth nothing when it is sent again, by whoever."""
    laptop = devices.new()
    laptop.send("POST", "/api/session")
    sent = laptop.register()["sent"]
    again = laptop.send("POST", "/api/passkeys/register", {"credential": sent})
    assert (again["status"], again["body"]["code"]) == (401, "passkey-refused")
    entered = laptop.sign_in()
    assert entered["status"] == 200
    stolen = devices.new()
    stolen.send("POST", "/api/session")
    for device in (laptop, stolen):
        answer = device.send("POST", "/api/passkeys/sign-in", entered["sent"])
        assert (answer["status"], answer["body"]["code"]) == (401, "passkey-refused")


def test_several_passkeys_and_never_none(devices: Devices) -> None:
    """A second passkey may be added and the first removed, the last one not."""
    laptop = devices.new()
    laptop.send("POST", "/api/session")
    laptop.register("Laptop")
    phone = devices.new(laptop.passkeys)
    phone.send("POST", "/api/session")
    phone.sign_in()
    listed = phone.send("GET", "/api/passkeys")["body"]
    assert [each["label"] for each in listed["passkeys"]] == ["Laptop"]
    assert listed["recovery_codes"] == 8
    key = devices.new()
    key.context.add_cookies([{"name": "session", "value": phone.cookie, "url": devices.instance.url}])
    added = key.register("Key <b>\u202e")
    assert added["status"] == 200, added
    assert "recovery_codes" not in added["body"]
    passkeys = key.send("GET", "/api/passkeys")["body"]["passkeys"]
    assert sorted(each["label"] for each in passkeys) == ["Key <b>", "Laptop"]
    first, second = (each["id"] for each in passkeys)
    assert key.send("DELETE", f"/api/passkeys/{first}")["status"] == 204
    assert key.send("DELETE", f"/api/passkeys/{second}")["body"]["code"] == "last-passkey"
    gone = devices.new(laptop.passkeys)
    gone.send("POST", "/api/session")
    assert gone.sign_in()["body"]["code"] == "passkey-refused"


def test_a_recovery_code_opens_the_account_once(devices: Devices) -> None:
    """Whoever lost every device gets in with a code, however typed, and merges what they did meanwhile."""
    laptop = devices.new()
    laptop.send("POST", "/api/session")
    laptop.tell(HELLO)
    code = laptop.register()["body"]["recovery_codes"][0]
    found = devices.new()
    found.send("POST", "/api/session")
    found.tell(STORAGE)
    answer = found.send("POST", "/api/recovery", {"code": code.lower().replace("-", " ")})
    assert answer["status"] == 200
    assert (found.learner["xp"], found.learner["handle"]) == (20, laptop.learner["handle"])
    assert found.register("New laptop")["status"] == 200
    again = devices.new()
    assert again.send("POST", "/api/recovery", {"code": code})["body"]["code"] == "code-refused"
    assert found.send("POST", "/api/recovery-codes")["status"] == 200
    old = laptop.send("GET", "/api/passkeys")["body"]["recovery_codes"]
    assert old == 8


def test_a_planted_session_gains_nothing_from_a_sign_in(devices: Devices) -> None:
    """Fixation: whoever knew the cookie before the sign-in is not signed in by it, not even for the alias's seconds."""
    owner = devices.new()
    owner.send("POST", "/api/session")
    owner.register()
    victim = devices.new(owner.passkeys)
    victim.send("POST", "/api/session")
    planted = victim.cookie
    assert victim.sign_in()["status"] == 200
    with devices.instance.client(cookies={"session": planted}) as attacker:
        assert attacker.get("/api/progress").json()["code"] == "session-renewed"
        assert attacker.get("/api/passkeys").status_code == 409
        assert attacker.get("/api/export").status_code == 409
        assert attacker.delete("/api/account").status_code == 409
        late = attacker.post("/api/progress", json={"events": [event(PRAGMA, "quiz.answered", choices=[1])]})
        assert late.status_code == 200
        assert "set-cookie" not in late.headers
    assert victim.learner["xp"] == 5


def test_a_registration_leaves_the_old_cookie_its_old_rights_for_a_moment(devices: Devices) -> None:
    """Requests under way when the cookie changes find their learner; after half a minute the old one is dead."""
    laptop = devices.new()
    laptop.send("POST", "/api/session")
    old = laptop.cookie
    laptop.register()
    with devices.instance.client(cookies={"session": old}) as late:
        batch = {"events": [{**event(HELLO), "id": str(uuid.uuid4())}]}
        assert late.post("/api/progress", json=batch).json()["xp"] == 10
        assert late.get("/api/progress").status_code == 200
        assert late.get("/api/passkeys").json()["code"] == "session-renewed"
    laptop.send("DELETE", "/api/session")
    with devices.instance.client(cookies={"session": old}) as late:
        assert late.get("/api/progress").status_code == 401


def test_a_foreign_origin_gets_no_ceremony(devices: Devices) -> None:
    """A credential that was made for another origin is refused, whatever else is right."""
    laptop = devices.new()
    laptop.send("POST", "/api/session")
    with devices.instance.client(cookies={"session": laptop.cookie}) as client:
        options = client.post("/api/passkeys/register/options").json()
    foreign = devices.new()
    foreign.page.goto(devices.instance.url.replace("localhost", "127.0.0.1") + "/api/courses")
    refused = foreign.page.evaluate(
        "options => navigator.credentials.create("
        "{publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options)})"
        ".then(() => 'made', error => error.name)",
        options,
    )
    assert refused == "SecurityError"
    spoiled = laptop.register()["sent"]
    client_data = json.dumps({"type": "webauthn.create", "challenge": options["challenge"], "origin": "http://evil"})
    spoiled["response"]["clientDataJSON"] = base64.urlsafe_b64encode(client_data.encode()).decode().rstrip("=")
    answer = laptop.send("POST", "/api/passkeys/register", {"credential": spoiled})
    assert answer["body"]["code"] == "passkey-refused"
