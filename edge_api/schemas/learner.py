"""Who is asking: the learner, their devices, their passkeys, their wishes."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from edge_api.handles import LONGEST, PATTERN, SHORTEST


class Learner(msgspec.Struct, frozen=True):
    """Who is asking, as they may know themselves."""

    handle: str
    anonymous: bool
    xp: int
    level: int
    visible: bool


class Session(msgspec.Struct, frozen=True):
    """The answer to who is asking; nobody, without a session."""

    learner: Learner | None


class SignedIn(msgspec.Struct, frozen=True):
    """The learner after a ceremony, and recovery codes where new ones were made: they are shown this once."""

    learner: Learner
    recovery_codes: tuple[str, ...] | UnsetType = UNSET


class Device(msgspec.Struct, frozen=True):
    """One session of a learner, by its public name."""

    id: str
    current: bool
    created_at: str
    last_seen_at: str
    expires_at: str
    device: str


class Devices(msgspec.Struct, frozen=True):
    """All sessions of a learner."""

    sessions: tuple[Device, ...]


class Passkey(msgspec.Struct, frozen=True):
    """One passkey of a learner."""

    id: str
    label: str
    created_at: str
    last_used_at: str | None


class Passkeys(msgspec.Struct, frozen=True):
    """All passkeys of a learner, and how many recovery codes are left."""

    passkeys: tuple[Passkey, ...]
    recovery_codes: int


class Registration(msgspec.Struct, frozen=True):
    """What a browser made of the registration options."""

    credential: dict[str, msgspec.Raw]
    label: Annotated[str, Meta(max_length=60)] = ""


class Assertion(msgspec.Struct, frozen=True):
    """What a browser made of the sign-in options."""

    credential: dict[str, msgspec.Raw]


class RecoveryCode(msgspec.Struct, frozen=True):
    """A recovery code as somebody typed it."""

    code: Annotated[str, Meta(min_length=1, max_length=60)]


class RecoveryCodes(msgspec.Struct, frozen=True):
    """New recovery codes; the old ones are void."""

    recovery_codes: tuple[str, ...]


class Handle(msgspec.Struct, frozen=True):
    """The name a learner wants to be seen by."""

    # The service checks it and refuses in a sentence; a pattern of twelve scripts is none.
    handle: Annotated[str, Meta(extra_json_schema={"minLength": SHORTEST, "maxLength": LONGEST, "pattern": PATTERN})]


class Visibility(msgspec.Struct, frozen=True):
    """Whether a learner agrees to appear on boards."""

    visible: bool
