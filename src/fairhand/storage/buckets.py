"""Buckets of others (S3, Google Cloud Storage, Azure), to read from: never written to."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final, cast

import obstore
from obstore.exceptions import (
    BaseError,
    InvalidPathError,
    NotFoundError,
    PermissionDeniedError,
    UnauthenticatedError,
)
from obstore.store import AzureStore, GCSStore, ObjectStore, S3Store

from fairhand.core.clock import system_now
from fairhand.core.errors import Issue
from fairhand.core.source_settings import SourceSettings
from fairhand.model.elsewhere import ElsewhereError, Fetched, Found, new_spool, too_large

__all__ = ["Bucket", "bucket_of"]

_PAGE: Final = 1_000
_CHUNK: Final = 1024 * 1024
_TRIES: Final = 3
_PATIENT_S: Final = 120
_KEY_LASTS: Final = timedelta(minutes=5)
_RETRY: Final[Any] = {
    "max_retries": 4,
    "retry_timeout": timedelta(seconds=60),
    "backoff": {
        "base": 2,
        "init_backoff": timedelta(milliseconds=200),
        "max_backoff": timedelta(seconds=5),
    },
}
_NO_BUCKET: Final = ("NoSuchBucket", "ContainerNotFound", "The specified bucket does not exist")
_WRONG_KEY: Final = (
    "InvalidAccessKeyId",
    "SignatureDoesNotMatch",
    "InvalidToken",
    "ExpiredToken",
    "AuthenticationFailed",
    "invalid_grant",
    "401 Unauthorized",
)
_NO_ORDER: Final = "\uffff"
_ODD: Final = re.compile(r'path: "((?:[^"\\]|\\.)*)"')
_REFUSED: Final = ("AccessDenied", "403 Forbidden", "AuthorizationPermissionMismatch")


class Bucket:
    """Lists and reads what lies below one address; may be used by several threads."""

    def __init__(self, store: ObjectStore, base: str = "", tries: int = _TRIES) -> None:
        self._store = store
        self._base = base
        self._tries = tries

    def walk(self, prefix: str) -> Iterator[Found | Issue]:
        """List what lies below a folder, a page at a time; marks of empty folders are passed over.

        Keys that cannot be read (a//b) spoil their page. Then what is left is listed folder by
        folder; a folder that holds such a key is said, and left out.

        Raises ElsewhereError naming the hop that failed.
        """
        place = "/".join(each for each in (self._base, prefix.strip("/")) if each)
        last = ""  # keys are listed by their order; a store that has another is listed anew
        try:
            for page in obstore.list(self._store, prefix=place or None, chunk_size=_PAGE):
                for one in page:
                    key = str(one["path"])
                    last = key if last != _NO_ORDER and last.encode() <= key.encode() else _NO_ORDER
                    yield self._found(cast("dict[str, Any]", one))
        except InvalidPathError:
            yield from self._rest(place, "" if last == _NO_ORDER else last)
        except (BaseError, OSError) as error:
            raise _said(error) from error

    def _rest(self, place: str, last: str) -> Iterator[Found | Issue]:
        """List what comes after a key, folder by folder."""
        folders = [place]
        while folders:
            folder = folders.pop()
            try:
                listed = obstore.list_with_delimiter(self._store, folder or None)
            except InvalidPathError as error:
                if folder == place:
                    raise _said(error) from error
                message = f"{_odd(error)}; files in this folder are left out."
                yield Issue(f"{self._key(folder)}/", message)
                continue
            except (BaseError, OSError) as error:
                raise _said(error) from error
            for one in listed["objects"]:
                if str(one["path"]).encode() > last.encode():
                    yield self._found(cast("dict[str, Any]", one))
            folders += sorted((str(one) for one in listed["common_prefixes"] if one), reverse=True)

    def _found(self, one: dict[str, Any]) -> Found:
        return Found(self._key(str(one["path"])), int(one["size"]), _version(one))

    def _key(self, path: str) -> str:
        return path.removeprefix(f"{self._base}/") if self._base else path

    def fetch(self, key: str, max_bytes: int) -> Fetched:
        """Read an object into a spool, trying again when the connection breaks off."""
        path = f"{self._base}/{key}" if self._base else key
        for attempt in range(1, self._tries + 1):
            try:
                return self._fetch(path, max_bytes)
            except (BaseError, OSError) as error:
                said = _said(error, path)
                if attempt == self._tries or not said.again:
                    raise said from error
                time.sleep(0.2 * 2**attempt)
        raise AssertionError

    def _fetch(self, path: str, max_bytes: int) -> Fetched:
        answer = obstore.get(self._store, path)
        about = answer.meta
        if about["size"] > max_bytes:
            raise too_large(max_bytes)
        spool = new_spool()
        try:
            size = 0
            for chunk in answer.stream(min_chunk_size=_CHUNK):
                size += len(bytes(chunk))
                if size > max_bytes:
                    raise too_large(max_bytes)
                spool.write(bytes(chunk))
            spool.seek(0)
        except BaseException:
            spool.close()
            raise
        return Fetched(spool, _version(cast("dict[str, Any]", about)), size)


def bucket_of(settings: SourceSettings, *, wait_s: int | None = None) -> Bucket:
    """Open the bucket that settings name; raises ConflictError without its credentials.

    Nothing is asked of it yet. With `wait_s` somebody waits: it is asked once, and not for long.
    """
    makers = {"s3": _s3, "gs": _gcs, "az": _azure}
    if wait_s is None:
        return Bucket(makers[settings.scheme](settings, _PATIENT_S, _RETRY), settings.base)
    retry = {**_RETRY, "max_retries": 1, "retry_timeout": timedelta(seconds=wait_s)}
    return Bucket(makers[settings.scheme](settings, wait_s, retry), settings.base, tries=1)


def endpoint_of(settings: SourceSettings) -> str:
    """Give the address that is asked: always our own word, never the server's environment."""
    if settings.endpoint:
        return settings.endpoint.rstrip("/")
    if settings.scheme == "s3":
        return f"https://s3.{settings.region}.amazonaws.com"
    if settings.scheme == "az":
        return f"https://{settings.account}.blob.core.windows.net"
    return "https://storage.googleapis.com"


def _client(settings: SourceSettings, wait_s: int) -> Any:  # noqa: ANN401  # obstore's typed dictionary
    return {
        "allow_http": endpoint_of(settings).startswith("http://"),
        "connect_timeout": timedelta(seconds=5),
        "timeout": timedelta(seconds=wait_s),
    }


def _s3(settings: SourceSettings, wait_s: int, retry: Any) -> ObjectStore:  # noqa: ANN401
    common: dict[str, Any] = {"client_options": _client(settings, wait_s), "retry_config": retry}
    if settings.identity == "server" and not settings.endpoint:
        return S3Store(settings.bucket, region=settings.region, **common)
    common |= {"endpoint": endpoint_of(settings), "region": settings.region}
    if settings.identity == "server":
        return S3Store(settings.bucket, **common)
    if settings.identity == "none":
        return S3Store(settings.bucket, skip_signature=True, **common)

    def keys() -> Any:  # noqa: ANN401  # obstore's typed dictionary
        """Read them anew now and then: keys are changed while a server runs."""
        return {
            "access_key_id": settings.secret("access_key_id") or "",
            "secret_access_key": settings.secret("secret_access_key") or "",
            "token": settings.secret("session_token"),
            "expires_at": datetime.fromtimestamp(system_now() / 1_000, UTC) + _KEY_LASTS,
        }

    keys()  # what is missing is told now, not by the store
    return S3Store(settings.bucket, credential_provider=keys, **common)


def _gcs(settings: SourceSettings, wait_s: int, retry: Any) -> ObjectStore:  # noqa: ANN401
    common: dict[str, Any] = {"client_options": _client(settings, wait_s), "retry_config": retry}
    if settings.endpoint:
        common["base_url"] = endpoint_of(settings)
    if settings.identity == "none":
        return GCSStore(settings.bucket, skip_signature=True, **common)
    key = settings.secret("service_account")
    if key is not None:
        common["service_account_key"] = key
    return GCSStore(settings.bucket, **common)


def _azure(settings: SourceSettings, wait_s: int, retry: Any) -> ObjectStore:  # noqa: ANN401
    common: dict[str, Any] = {
        "account_name": settings.account,
        "endpoint": endpoint_of(settings),
        "client_options": _client(settings, wait_s),
        "retry_config": retry,
    }
    if settings.identity == "none":
        return AzureStore(settings.bucket, skip_signature=True, **common)
    if (key := settings.secret("account_key")) is not None:
        common["account_key"] = key
    if (token := settings.secret("sas_token")) is not None:
        common["sas_key"] = token
    return AzureStore(settings.bucket, **common)


def _version(about: dict[str, Any]) -> str:
    etag = about.get("e_tag")
    if etag:
        return str(etag).strip('"')[:200]
    return f"{about['last_modified'].isoformat()} {about['size']}"[:200]


def _said(error: Exception, path: str = "") -> ElsewhereError:
    """Say in a person's words what a store said; its own words may hold what nobody should read."""
    told = str(error)
    if isinstance(error, ElsewhereError):
        return error
    if any(word in told for word in _NO_BUCKET):
        return ElsewhereError("There is no such bucket, or not in this region.", "bucket")
    if isinstance(error, UnauthenticatedError) or any(word in told for word in _WRONG_KEY):
        return ElsewhereError("The credentials are not accepted.", "credentials")
    if isinstance(error, PermissionDeniedError) or any(word in told for word in _REFUSED):
        what = "read this object" if path else "list this bucket"
        return ElsewhereError(f"The credentials may not {what}.", "permission")
    if isinstance(error, InvalidPathError):
        return ElsewhereError(
            f"{_odd(error)}. Choose a folder without it, or rename it.",
            "prefix",
        )
    if isinstance(error, NotFoundError | FileNotFoundError):
        return ElsewhereError("is not there any more", "object")
    if "No space left" in told:
        return ElsewhereError("The disk of this server is full.", "object", again=True)
    return ElsewhereError("It does not answer as it should, again and again.", "answer", again=True)


def _odd(error: InvalidPathError) -> str:
    """Say which key cannot be read; the store knows the first of them, or how it begins."""
    found = _ODD.search(str(error))
    key = f"The key {found[1][:200]}" if found else "A key here"
    return f"{key} has an empty part (a//b), a control character or '..' in it, and cannot be read"
