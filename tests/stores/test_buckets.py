"""Sources of imports: what their settings take and build, and what is said when they fail."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from fairhand.core.errors import ConflictError, Issue
from fairhand.core.settings import Settings
from fairhand.core.source_settings import SourceSettings
from fairhand.model.elsewhere import ElsewhereError, Found
from fairhand.storage.buckets import bucket_of, endpoint_of
from fairhand.work.elsewhere.rules import matcher
from tests.buckets import NEVER, flaky_store
from tests.small_servers import Answer, serving

ALL = ("*",)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"url": "ftp://bucket"}, "begins with"),
        ({"url": "s3://"}, "names no bucket"),
        ({"url": "s3://key:secret@bucket"}, "leave names, passwords"),
        ({"url": "s3://b/a/../c"}, "leave .. out"),
        ({"url": "file://srv/data"}, "file:///srv/data"),
        ({"url": "az://b"}, "storage account"),
        ({"url": "s3://b", "projects": ()}, "say who may use it"),
        ({"url": "s3://b", "identity": "named"}, "name them"),
        ({"url": "s3://b", "credentials": {"access_key_id": "AKIA"}}, "env:NAME or file:PATH"),
        ({"url": "gs://b", "credentials": {"access_key_id": "env:X"}}, "is none of gs://"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused_by_their_field(
    given: dict[str, object], said: str
) -> None:
    with pytest.raises(ValidationError, match=said):
        SourceSettings.model_validate({"projects": ALL, **given})


def test_settings_come_from_the_environment_and_say_no_secret(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, value in (
        ("URL", "s3://scans"),
        ("PROJECTS", '["*"]'),
        ("CREDENTIALS__ACCESS_KEY_ID", "env:A"),
        ("CREDENTIALS__SECRET_ACCESS_KEY", "AKIA-in-clear"),
    ):
        monkeypatch.setenv(f"FAIRHAND_SOURCES__SCANS__{name}", value)
    with pytest.raises(ValidationError) as refused:
        Settings(workspace=tmp_path)
    assert "AKIA-in-clear" not in str(refused.value)
    monkeypatch.setenv("FAIRHAND_SOURCES__SCANS__CREDENTIALS__SECRET_ACCESS_KEY", "env:B")
    assert Settings(workspace=tmp_path).sources["scans"].identity == "named"
    with pytest.raises(ValidationError, match="make a name"):
        Settings(workspace=tmp_path, sources={"a/b": SourceSettings(url="s3://b", projects=ALL)})


def test_google_and_azure_are_built_from_their_settings_and_ask_where_they_should(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    key = rsa.generate_private_key(public_exponent=65_537, key_size=2_048).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    account = {
        "private_key": key.decode(),
        "private_key_id": "1",
        "client_email": "a@example.org",
        "gcs_base_url": "https://storage.googleapis.com",
        "disable_oauth": True,
    }
    (tmp_path / "key.json").write_text(json.dumps(account))
    monkeypatch.setenv("AZ", "c2VjcmV0")
    google = SourceSettings(
        url="gs://scans/2026",
        credentials={"service_account": f"file:{tmp_path}/key.json"},
        projects=ALL,
    )
    azure = SourceSettings(
        url="az://scans/2026", account="clinic", credentials={"account_key": "env:AZ"}, projects=ALL
    )
    assert bucket_of(google) is not None
    assert bucket_of(azure) is not None
    assert endpoint_of(azure) == "https://clinic.blob.core.windows.net"
    with serving(lambda asked: Answer(b"no", 403)) as server:
        for made in (
            SourceSettings(url="gs://scans/2026", endpoint=server.url, projects=ALL),
            azure.model_copy(update={"endpoint": server.url}),
        ):
            with pytest.raises(ElsewhereError) as refused:
                list(bucket_of(made).walk(""))
            assert refused.value.hop == "permission"
            assert "scans" in server.paths()[-1]
            assert "c2VjcmV0" not in str(refused.value)
    (tmp_path / "key.json").unlink()
    with pytest.raises(ConflictError, match=r"key\.json"):
        bucket_of(google)


@pytest.mark.parametrize(
    ("code", "hop"),
    [
        ("InvalidAccessKeyId", "credentials"),
        ("SignatureDoesNotMatch", "credentials"),
        ("AccessDenied", "permission"),
        ("NoSuchBucket", "bucket"),
    ],
)
def test_what_a_store_refuses_is_told_by_its_hop(
    code: str, hop: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCANS_KEY", "the secret")
    said = f"<Error><Code>{code}</Code><Message>of the secret</Message></Error>".encode()
    status = 404 if code == "NoSuchBucket" else 403
    with serving(lambda asked: Answer(said, status)) as server:
        made = SourceSettings(
            url="s3://scans",
            endpoint=server.url,
            credentials={"access_key_id": "env:SCANS_KEY", "secret_access_key": "env:SCANS_KEY"},
            projects=ALL,
        )
        with pytest.raises(ElsewhereError) as refused:
            list(bucket_of(made).walk(""))
    assert refused.value.hop == hop
    assert "secret" not in refused.value.message


def keys(source: SourceSettings, prefix: str) -> list[str]:
    """List the keys of a source; what it could not take would show as its words."""
    walked = bucket_of(source).walk(prefix)
    return [one.message if isinstance(one, Issue) else one.key for one in walked]


def test_a_key_that_cannot_be_named_is_said_and_not_passed_over() -> None:
    with flaky_store(NEVER) as door:
        door.make_bucket("odd")
        door.put("odd", "good/a.txt", b"a")
        door.put("odd", "bad//b.txt", b"b")
        odd = SourceSettings(url="s3://odd", endpoint=door.address, projects=ALL)
        assert keys(odd, "good") == ["good/a.txt"]
        told, found = sorted(keys(odd, ""), key=len, reverse=True)
        assert "bad//" in told
        assert "empty part" in told
        assert found == "good/a.txt"
        with pytest.raises(ElsewhereError, match="empty part"):
            keys(odd, "bad")
        within = odd.model_copy(update={"url": "s3://odd/good"})
        assert keys(within, "") == ["a.txt"]


@pytest.mark.parametrize(
    ("pattern", "fits", "does_not"),
    [
        ("", ["a", "a/b.png"], []),
        ("*.png, *.JPG", ["a/b.png", "c.jpg"], ["a/b.gif", "png"]),
        ("day-?/**/*.csv", ["day-1/a.csv", "day-2/x/y/a.csv"], ["day-10/a.csv", "a.csv"]),
        ("a/*", ["a/b"], ["a/b/c", "b/a/c"]),
        ("[1].png", ["x/[1].png"], ["1.png"]),
    ],
)
def test_patterns_say_what_is_meant(pattern: str, fits: list[str], does_not: list[str]) -> None:
    meant = matcher(pattern)
    assert all(meant(key) for key in fits)
    assert not any(meant(key) for key in does_not)


@given(st.text(max_size=40), st.text(max_size=40))
def test_any_text_is_a_pattern_and_any_key_has_a_name(pattern: str, key: str) -> None:
    assert matcher(pattern)(key) in (True, False)
    assert len(Found(key).key_hash) == 64
    assert "secret" not in Found(f"https://a.example/b?{key}secret").shown
