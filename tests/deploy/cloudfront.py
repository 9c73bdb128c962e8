"""CloudFront as far as a deploy talks to it: a distribution, its function, a key-value store with ETags, invalidations.

No server that we could run speaks this (moto knows invalidations only, and finishes them at once).
"""

from __future__ import annotations

import json
import re
from email.message import Message
from http.server import BaseHTTPRequestHandler
from urllib.parse import unquote, urlsplit

from deploy.listening import Listening

ARN = "arn:aws:cloudfront::123456789012:key-value-store/11111111-2222-3333-4444-555555555555"
_CONFIG = (
    "<DistributionConfig><CallerReference>x</CallerReference><DefaultCacheBehavior><FunctionAssociations>"
    "<Quantity>1</Quantity><Items><FunctionAssociation><FunctionARN>arn:aws:cloudfront::123456789012:function/site"
    "</FunctionARN><EventType>viewer-request</EventType></FunctionAssociation></Items></FunctionAssociations>"
    "</DefaultCacheBehavior></DistributionConfig>"
)
_FUNCTION = (
    "<FunctionSummary><Name>site</Name><FunctionConfig><Comment/><Runtime>cloudfront-js-2.0</Runtime>"
    "<KeyValueStoreAssociations><Quantity>1</Quantity><Items><KeyValueStoreAssociation>"
    f"<KeyValueStoreARN>{ARN}</KeyValueStoreARN></KeyValueStoreAssociation></Items></KeyValueStoreAssociations>"
    "</FunctionConfig></FunctionSummary>"
)


class CloudFront(Listening):
    """``keys`` is the key-value store, ``invalidations`` the paths of each.

    ``busy`` invalidations are refused first; each is done at the ``slowness``-th look.
    """

    def __init__(self) -> None:
        self.keys: dict[str, str] = {}
        self.version = 1
        self.invalidations: list[list[str]] = []
        self.busy = 0
        self.slowness = 1
        self.looks = 0
        world = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: object) -> None:
                pass

            def handle_any(self) -> None:
                size = int(self.headers.get("Content-Length") or 0)
                status, kind, text = world.answer(self.command, self.path, self.rfile.read(size).decode(), self.headers)
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("ETag", f"v{world.version}")
                self.send_header("Content-Length", str(len(text.encode())))
                self.end_headers()
                self.wfile.write(text.encode())

        for method in ("GET", "PUT", "POST"):
            setattr(Handler, f"do_{method}", Handler.handle_any)

        super().__init__(Handler)

    def answer(self, method: str, target: str, body: str, headers: Message) -> tuple[int, str, str]:
        """Return status, type and text of the answer to one request."""
        path = unquote(urlsplit(target).path)
        if path.startswith("/key-value-stores/"):
            status, document = self._store(method, path, body, headers)
            return status, "application/json", json.dumps(document)
        return self._control(method, path, body)

    def _control(self, method: str, path: str, body: str) -> tuple[int, str, str]:
        xml = "application/xml"
        if path.endswith("/config"):
            return 200, xml, _CONFIG
        if path.endswith("/describe"):
            return 200, xml, _FUNCTION
        if method == "POST":
            if self.busy:
                self.busy -= 1
                code = "<Code>TooManyInvalidationsInProgress</Code><Message>wait</Message>"
                return 400, xml, f"<ErrorResponse><Error><Type>Sender</Type>{code}</Error></ErrorResponse>"
            self.invalidations.append(re.findall("<Path>(.*?)</Path>", body))
            return (
                201,
                xml,
                f"<Invalidation><Id>I{len(self.invalidations)}</Id><Status>InProgress</Status></Invalidation>",
            )
        self.looks += 1
        status = "Completed" if self.looks % self.slowness == 0 else "InProgress"
        return 200, xml, f"<Invalidation><Id>I1</Id><Status>{status}</Status></Invalidation>"

    def _store(self, method: str, path: str, body: str, headers: Message) -> tuple[int, dict[str, object]]:
        about = {"ItemCount": len(self.keys), "TotalSizeInBytes": 1, "KvsARN": ARN, "Created": 1}
        _, _, key = path.partition("/keys/")
        if method == "GET" and not key:
            return 200, about
        if method == "GET":
            found = key in self.keys
            return (200, about | {"Key": key, "Value": self.keys[key]}) if found else (404, {"Message": "no such key"})
        if headers["If-Match"] != f"v{self.version}":
            return 409, {"Message": "the store has changed"}
        self.version += 1
        self.keys[key] = json.loads(body)["Value"]
        return 200, about
