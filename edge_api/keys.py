"""Names that must not be guessed, and names that must not be read.

session cookie   43 characters, 256 random bits; at rest only its SHA-256 (64 hex digits)
learner, session 26 characters of base32, 130 random bits; public names of sessions are made apart from their secret
cursor           base64url of AES-SIV(position); deterministic, so that one position is one URL for caches
recovery code    XXXX-XXXX-XXXX-XXXX in Crockford's base32, 80 random bits; at rest only its SHA-256
Redis key        edge:kind:{what}; what stands in braces decides the slot, so keys that one script touches share it
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from edge_api.problems import Refused

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_TOKEN_LENGTH = 43
_RECOVERY_LENGTH = 16

# What is ours in a Redis that others may use too.
_OURS = "edge:"


def new_token() -> str:
    """Return a fresh session token of 256 bits."""
    return secrets.token_urlsafe(32)


def plausible(token: str) -> bool:
    """Tell whether ``token`` can be one of ours at all, before the database is asked."""
    return len(token) == _TOKEN_LENGTH and token.isascii() and token.replace("-", "a").replace("_", "a").isalnum()


def digest(token: str) -> str:
    """Return what is kept of a secret."""
    return hashlib.sha256(token.encode()).hexdigest()


def new_id() -> str:
    """Return a fresh random name, in characters that sort alike everywhere."""
    return base64.b32encode(secrets.token_bytes(16)).decode().rstrip("=").lower()


def new_recovery_code() -> str:
    """Return a fresh recovery code, grouped for people."""
    letters = "".join(secrets.choice(_CROCKFORD) for _ in range(_RECOVERY_LENGTH))
    return "-".join(letters[start : start + 4] for start in range(0, _RECOVERY_LENGTH, 4))


def recovery_digest(code: str) -> str:
    """Return what is kept of a recovery code, whichever way people type it (case, spaces, O for 0, I and L for 1)."""
    plain = code.upper().translate(str.maketrans("OIL", "011", " -\t"))
    return digest(f"recovery:{plain}")


def fleet() -> str:
    """Return the key by which a fleet says that a Redis is its own; writing it shows whether Redis takes writes."""
    return f"{_OURS}fleet"


def name_of_fleet(secret: bytes) -> str:
    """Return a name that all instances with one secret share, and nobody else."""
    return hmac.digest(secret, b"fleet", "sha256").hex()[:16]


def era() -> str:
    """Return the key of the era that an instance began when it came to this Redis from another one."""
    return f"{_OURS}era"


def session(session_id: str) -> str:
    """Return the key of what is remembered of a session."""
    return f"{_OURS}session:{{{session_id}}}"


def learner(learner_id: str) -> str:
    """Return the key of what is remembered of a learner."""
    return f"{_OURS}learner:{{{learner_id}}}"


def bucket(rate: str, key: str) -> str:
    """Return the key of a bucket of a rate limit; addresses are nobody's to read there."""
    return f"{_OURS}rate:{{{rate}:{hashlib.blake2b(key.encode(), digest_size=16).hexdigest()}}}"


def board(scope: str, period: str) -> str:
    """Return the key of a board; the keys of its making share its slot."""
    return f"{_OURS}board:{{{scope}|{period}}}"


def updates() -> str:
    """Return the key of the stream of board updates that instances send each other."""
    return f"{_OURS}updates"


def answer(name: str) -> str:
    """Return the key of a cached answer."""
    return f"{_OURS}answer:{{{name}}}"


def group(name: str) -> str:
    """Return the key of the nonce of a group of cached answers."""
    return f"{_OURS}group:{name}"


def making(name: str) -> str:
    """Return the key by which one instance makes a cached answer for all."""
    return f"{_OURS}making:{{{name}}}"


def tally(day: str) -> str:
    """Return the key of a day's numbers of the response cache."""
    return f"{_OURS}cache-tally:{day}"


class Sealer:
    """Encrypts cursors, so that they show no learner's id and can't be made up."""

    def __init__(self, secret: bytes) -> None:
        self._cipher = AESSIV(hmac.digest(secret, b"cursor key", "sha512"))

    def seal(self, purpose: str, position: tuple[int | str, ...]) -> str:
        """Return an opaque cursor; ``purpose`` is authenticated with it, so that it fits nowhere else."""
        sealed = self._cipher.encrypt(msgspec.json.encode(position), [purpose.encode()])
        return base64.urlsafe_b64encode(sealed).decode().rstrip("=")

    def open(self, purpose: str, cursor: str) -> list[int | str]:
        """Return the position in a cursor, or refuse one that was not made here for this purpose."""
        try:
            sealed = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
            return msgspec.json.decode(self._cipher.decrypt(sealed, [purpose.encode()]), type=list[int | str])
        except (ValueError, InvalidTag) as error:
            raise Refused("bad-cursor", "Begin again at the first page.") from error
