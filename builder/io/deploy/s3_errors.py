"""What a bucket's refusals mean, for the person who has to mend them. Keys and tokens never appear in a sentence."""

from __future__ import annotations

from builder.io.deploy.store import StoreError

MISSING = frozenset({"404", "NoSuchKey", "NotFound"})
TAKEN = frozenset({"412", "PreconditionFailed"})
BUSY = frozenset({"409", "ConditionalRequestConflict", "OperationAborted"})


class Unknown(StoreError):  # noqa: N818 - it is the service that errs
    """The service does not implement what was asked."""


_CREDENTIALS = "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or give the CI job a role."
_KNOWN: dict[str, tuple[str, str]] = {
    "NoCredentialsError": ("There are no credentials to sign requests with.", _CREDENTIALS),
    "PartialCredentialsError": ("The credentials are incomplete.", _CREDENTIALS),
    "CredentialRetrievalError": ("The credentials could not be fetched.", _CREDENTIALS),
    "ProfileNotFound": ("There is no such AWS profile.", "Look at AWS_PROFILE and ~/.aws/config."),
    "InvalidAccessKeyId": ("The service doesn't know this access key.", _CREDENTIALS),
    "SignatureDoesNotMatch": ("The secret key does not belong to the access key.", _CREDENTIALS),
    "InvalidToken": ("The session token is not valid.", "Sign in again."),
    "ExpiredToken": ("The session has expired.", "Sign in again; what was sent so far is kept."),
    "TokenRefreshRequired": ("The session has expired.", "Sign in again; what was sent so far is kept."),
    "NoSuchBucket": ("There is no such bucket.", "Create it, or look at the name and at --endpoint-url."),
    "PermanentRedirect": ("The bucket lives in another region.", "Set AWS_REGION to the bucket's own region."),
    "301": ("The bucket lives in another region.", "Set AWS_REGION to the bucket's own region."),
    "AuthorizationHeaderMalformed": ("The region is not the bucket's.", "Set AWS_REGION to the bucket's own region."),
    "IllegalLocationConstraintException": (
        "The region is not the bucket's.",
        "Set AWS_REGION to the bucket's own region.",
    ),
    "NoRegionError": ("No region is set.", "Set AWS_REGION to the bucket's own region."),
    "RequestTimeTooSkewed": (
        "This machine's clock is wrong by more than 15 minutes.",
        "Set the clock, then try again.",
    ),
    "SlowDown": ("The service asks us to slow down, and still did after six tries.", "Try again in a minute."),
    "ServiceUnavailable": ("The service is not available.", "Try again in a minute; what was sent so far is kept."),
    "503": ("The service is not available.", "Try again in a minute; what was sent so far is kept."),
    "InternalError": ("The service failed.", "Try again in a minute; what was sent so far is kept."),
    "500": ("The service failed.", "Try again in a minute; what was sent so far is kept."),
    "NotImplemented": (
        "The service does not know this request.",
        "It may lack conditional writes; see docs/operations.md.",
    ),
    "EndpointConnectionError": ("The service can't be reached.", "Look at the network and at --endpoint-url."),
    "ConnectTimeoutError": ("The service can't be reached in time.", "Look at the network and at --endpoint-url."),
    "ReadTimeoutError": ("The service stopped answering.", "Try again; what was sent so far is kept."),
    "ConnectionClosedError": ("The connection was cut.", "Try again; what was sent so far is kept."),
    "ProxyConnectionError": ("The proxy can't be reached.", "Look at HTTPS_PROXY."),
    "SSLError": ("The service's certificate is not trusted.", "Look at --endpoint-url and at AWS_CA_BUNDLE."),
    "InvalidEndpoint": ("The endpoint is no address.", "Look at --endpoint-url."),
}
_ACTIONS = {
    "read": "s3:GetObject",
    "write": "s3:PutObject (and s3:GetObject, for copies)",
    "delete": "s3:DeleteObject",
    "list": "s3:ListBucket",
}
_DENIED = frozenset({"AccessDenied", "403", "Forbidden", "AllAccessDisabled", "AccountProblem", "Unauthorized", "401"})


def explained(code: str, message: str, act: str, key: str, bucket: str, endpoint: str | None = None) -> StoreError:
    """Return the error for a person: what it means, where, and what to do."""
    place = f"s3://{bucket}/{key}" + (f" at {_without_secrets(endpoint)}" if endpoint else "")
    if code in _DENIED:
        action = _ACTIONS.get(act, "this")
        hint = f"The policy in docs/operations.md has all that is needed, among it {action}."
        return StoreError(f"The credentials may not {act} here.", place=place, hint=hint)
    if code in _KNOWN:
        sentence, hint = _KNOWN[code]
        kind = Unknown if code == "NotImplemented" else StoreError
        return kind(sentence, place=place, hint=hint)
    return StoreError(f"The target refused to {act}: {message or code}", place=place)


def _without_secrets(endpoint: str) -> str:
    scheme, separator, rest = endpoint.partition("://")
    return f"{scheme}{separator}{rest.rpartition('@')[2]}"
