"""The two ceremonies of passkeys (Web Authentication), as functions of what a browser is asked and what it answers.

Nothing here is stored: which challenges are open and whose passkeys there are is for ``edge_api.services.passkeys`` to
say. User verification is always required, and a passkey is discoverable, so that nobody need type a name to sign in. A
hostile answer may break a parser anywhere; it is refused like any other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import webauthn
from webauthn.helpers import base64url_to_bytes
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from edge_api.problems import Refused

if TYPE_CHECKING:
    from collections.abc import Iterable

    from webauthn.registration.verify_registration_response import VerifiedRegistration

    from edge_api.stores.passkeys import Passkey

_NAME = "Coursewright"


class Site(msgspec.Struct, frozen=True):
    """Where a ceremony takes place: the RP ID is the site's host."""

    rp_id: str
    origin: str


def registration_options(site: Site, user: bytes, handle: str, challenge: bytes, known: Iterable[str]) -> bytes:
    """Return, as JSON, what a browser needs to make a passkey; ``known`` are credential ids it has already."""
    options = webauthn.generate_registration_options(
        rp_id=site.rp_id,
        rp_name=_NAME,
        user_name=handle,
        user_id=user,
        challenge=challenge,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=base64url_to_bytes(each)) for each in known],
    )
    return webauthn.options_to_json(options).encode()


def sign_in_options(site: Site, challenge: bytes) -> bytes:
    """Return, as JSON, what a browser needs to sign a challenge with a passkey."""
    options = webauthn.generate_authentication_options(
        rp_id=site.rp_id, challenge=challenge, user_verification=UserVerificationRequirement.REQUIRED
    )
    return webauthn.options_to_json(options).encode()


def challenge_of(credential: bytes) -> bytes:
    """Return the challenge that a browser says it has signed."""
    try:
        client = msgspec.json.decode(credential)["response"]["clientDataJSON"]
        return base64url_to_bytes(msgspec.json.decode(base64url_to_bytes(client))["challenge"])
    except Exception as error:
        raise Refused("passkey-refused", "The browser's answer can't be read.") from error


def verified_registration(site: Site, credential: bytes, challenge: bytes) -> VerifiedRegistration:
    """Return the passkey that a browser made for this challenge."""
    try:
        return webauthn.verify_registration_response(
            credential=credential.decode(),
            expected_challenge=challenge,
            expected_rp_id=site.rp_id,
            expected_origin=site.origin,
            require_user_verification=True,
        )
    except Exception as error:
        raise Refused("passkey-refused", "The browser's answer could not be verified.") from error


def verified_sign_count(site: Site, credential: bytes, challenge: bytes, passkey: Passkey) -> int:
    """Return the sign count of an answer to this challenge that this passkey has signed."""
    try:
        return webauthn.verify_authentication_response(
            credential=credential.decode(),
            expected_challenge=challenge,
            expected_rp_id=site.rp_id,
            expected_origin=site.origin,
            credential_public_key=passkey.public_key,
            credential_current_sign_count=passkey.sign_count,
            require_user_verification=True,
        ).new_sign_count
    except Exception as error:
        raise Refused("passkey-refused", "The browser's answer could not be verified.") from error
