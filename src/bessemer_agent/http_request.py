"""One JSON request over HTTP or HTTPS, with limits on time and size."""

import http.client
import json
import ssl
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

MAX_REPLY_BYTES = 16 * 1024 * 1024


class Unreachable(Exception):
    """The server did not answer, or not in HTTP; trying again may help."""


@dataclass(frozen=True, slots=True)
class Reply:
    """`body` is the decoded JSON, or the text when it is none."""

    status: int
    headers: dict[str, str]
    body: Any

    @property
    def fault(self) -> str:
        """The sentence to log when the status is an error."""
        if isinstance(self.body, dict):
            for key in ("error_message", "faultstring"):
                text = self.body.get(key)
                if isinstance(text, dict):
                    text = text.get("faultstring")
                if isinstance(text, str):
                    return f"{self.status}: {text}"
        return f"{self.status}: {str(self.body)[:500]}"


@dataclass(frozen=True, slots=True)
class JsonClient:
    """Speaks to one server. `insecure` skips the check of its certificate (ipa-insecure)."""

    base_url: str
    timeout_s: float = 30.0
    insecure: bool = False
    headers: dict[str, str] = field(default_factory=dict)

    def request(self, method: str, path: str, body: object = None, **headers: str) -> Reply:
        """Raises Unreachable. Any HTTP status is a Reply. Underscores in names become dashes."""
        url = urlsplit(self.base_url)
        extra = {name.replace("_", "-"): value for name, value in headers.items()}
        data = None if body is None else json.dumps(body).encode()
        connection = connect(url.scheme, url.netloc, self.timeout_s, insecure=self.insecure)
        try:
            connection.request(
                method,
                url.path.rstrip("/") + path,
                body=data,
                headers={
                    "Accept": "application/json",
                    "Content-Type": "application/json",
                    **self.headers,
                    **extra,
                },
            )
            response = connection.getresponse()
            text = response.read(MAX_REPLY_BYTES + 1)
        except (OSError, http.client.HTTPException) as error:
            raise Unreachable(f"{method} {self.base_url}{path}: {error or repr(error)}") from error
        finally:
            connection.close()
        if len(text) > MAX_REPLY_BYTES:
            raise Unreachable(f"{method} {self.base_url}{path}: reply exceeds {MAX_REPLY_BYTES} B")
        return Reply(response.status, {k.lower(): v for k, v in response.getheaders()}, _read(text))


def connect(
    scheme: str, netloc: str, timeout_s: float, *, insecure: bool
) -> http.client.HTTPConnection:
    """An unopened connection; credentials in the address are not sent. Raises Unreachable."""
    host = netloc.rpartition("@")[2]
    try:
        if scheme == "http":
            return http.client.HTTPConnection(host, timeout=timeout_s)
        if scheme == "https":
            return http.client.HTTPSConnection(
                host, timeout=timeout_s, context=tls_context(insecure=insecure)
            )
    except http.client.InvalidURL as error:
        raise Unreachable(f"{scheme}://{host}: {error}") from error
    raise Unreachable(f"{scheme}://{host}: only http and https are spoken")


def tls_context(*, insecure: bool) -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _read(text: bytes) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text.decode("utf-8", "replace")
