"""A learner's devices in tests: browsers with a passkey of their own, and one passkey that two of them share."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import CDPSession, Page, expect

AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


class Keys:
    """The virtual authenticator of one page; what it holds can be given to another, as a keychain that is synced."""

    def __init__(self, page: Page, given: list[dict[str, Any]] | None = None) -> None:
        self._session: CDPSession = page.context.new_cdp_session(page)
        self._session.send("WebAuthn.enable")
        made = self._session.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
        self._id = made["authenticatorId"]
        for credential in given or []:
            self._session.send("WebAuthn.addCredential", {"authenticatorId": self._id, "credential": credential})

    def held(self) -> list[dict[str, Any]]:
        """Return the passkeys, with their secrets; each use counts on, as authenticators do."""
        found = self._session.send("WebAuthn.getCredentials", {"authenticatorId": self._id})["credentials"]
        return [{**each, "signCount": each["signCount"] + 1} for each in found]

    def refuse(self) -> None:
        """Let the next ceremonies be cancelled by the person."""
        self._session.send("WebAuthn.setUserVerified", {"authenticatorId": self._id, "isUserVerified": False})


def answer_one(page: Page) -> None:
    """Answer the gallery's first quiz right."""
    page.locator("#one").get_by_label("Beta").check()
    page.locator("#one").get_by_role("button", name="Check").click()


def read(page: Page) -> None:
    """Read a lesson to its end."""
    page.clock.install()
    page.reload()
    page.locator(".pager").scroll_into_view_if_needed()
    page.clock.run_for(10_000)
    expect(page.locator(".finish")).to_contain_text("Lesson finished")
