"""The way out of the house: nobody's address leads back into it."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pytest

from fairhand.compute.assistants.contract import AssistantError
from fairhand.compute.backends.guard import (
    AnsweredError,
    Limits,
    guarded_client,
    place_of,
    read_url,
)
from tests.small_servers import Answer, Asked, SmallServer, serving

GIVEN = socket.getaddrinfo


def _echo(asked: Asked) -> Answer:
    return Answer({"path": asked.path, "headers": asked.headers, "body": asked.body.decode()})


def _failure(allowed: list[str], url: str, limits: Limits = Limits()) -> AssistantError:
    """Ask what must fail, and give how it did."""
    with guarded_client(allowed) as client, pytest.raises(AssistantError) as failed:
        client.get_json(url, limits=limits)
    return failed.value


@pytest.fixture
def echo() -> Iterator[SmallServer]:
    with serving(_echo) as server:
        yield server


def _resolving(monkeypatch: pytest.MonkeyPatch, *answers: str) -> list[str]:
    """Let every look-up of a name give the next of these addresses; list the names looked up."""
    looked_up: list[str] = []
    turns = iter(answers)

    def look_up(host: str, port: int, *rest: Any, **more: Any) -> Any:  # noqa: ANN401
        if host.replace(".", "").isdigit() or ":" in host:
            return GIVEN(host, port, *rest, **more)
        looked_up.append(host)
        return GIVEN(next(turns), port, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return looked_up


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:9/",
        "http://127.1:9/",
        "http://2130706433:9/",
        "http://0x7f.0.0.1:9/",
        "http://localhost:9/",
        "http://localhost.:9/",
        "http://0.0.0.0:9/",
        "http://10.0.0.1/",
        "http://172.16.0.1/",
        "http://192.168.1.1/",
        "http://100.64.0.1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://168.63.129.16/",
        "http://100.100.100.200/",
        "http://224.0.0.1/",
        "http://255.255.255.255/",
        "http://[::1]:9/",
        "http://[::]:9/",
        "http://[::ffff:127.0.0.1]:9/",
        "http://[::ffff:7f00:1]:9/",
        "http://[::ffff:169.254.169.254]/",
        "http://[::127.0.0.1]/",
        "http://[64:ff9b::169.254.169.254]/",
        "http://[2002:a9fe:a9fe::]/",
        "http://[2001:0:4136:e378:8000:63bf:80ff:fffe]/",
        "http://[fe80::1]/",
        "http://[fc00::1]/",
        "http://[fec0::1]/",
        "http://[fd00:ec2::254]/",
        "http://[::ffff:0:10.0.0.1]/",
        "http://[64:ff9b:1::10.0.0.1]/",
        "http://[64:ff9b::10.0.0.1]/",
        "http://[2a00:1450::5efe:10.0.0.1]/",
        "http://[2a00:1450::200:5efe:a9fe:a9fe]/",
        "http://[5f00::1]/",
        "http://[3fff::1]/",
        "http://[2001:db8::1]/",
        "http://[100::1]/",
        "http://[4000::1]/",
        "http://[ff02::1]/",
        "http://0177.0.0.1:9/",
        "http://0x7f000001:9/",
        "http://017700000001:9/",
        "http://0:9/",
        "http://192.168.257/",
        "http://198.18.0.1/",
        "http://192.0.0.8/",
        "http://192.0.0.192/",
        "http://192.88.99.1/",
        "http://127.0.0.1.:9/",
        "http://LOCALHOST:9/",
        "http://ip6-localhost:9/",
    ],
)
def test_no_address_within_the_house_is_asked(url: str) -> None:
    assert _failure([], url).hop == "address"


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "gopher://example.org/",
        "ftp://example.org/",
        "//example.org/",
        "example.org",
        "http://",
        "http://:9090/",
        "http://user:secret@example.org/",
        "http://example.org@127.0.0.1/",
        "http://example.org:80@127.0.0.1:9/",
        "http://@127.0.0.1/",
        "http://127.0.0.1%2f@example.org/",
        "http://127.0.0.1%00.example.org/",
        "http://①②⑦.⓪.⓪.①/",
        "http://127。0。0。1/",
        "http://example.org:80:90/",
        "http://example.org:-1/",
        "http:///127.0.0.1/",
        "http:/127.0.0.1/",
        "https:127.0.0.1",
        "HTTP+UNIX://%2fvar%2frun%2fdocker.sock/",
        "unix:///var/run/docker.sock",
        "dict://127.0.0.1:6379/",
        "data:application/json,1",
        "http://example.org:0/",
        "http://example.org:99999/",
        "http://example.org:port/",
        "http://exa mple.org/",
        "http://example.org/\r\nHost: evil",
        "http://example.org\\@127.0.0.1/",
        "http://[fe80::1%25eth0]/",
        "http://example.org/#fragment",
        "http://exämple.org/",
        "http://[::1/",
        "http://" + "a" * 3_000,
    ],
)
def test_what_is_no_web_address_is_refused(url: str) -> None:
    assert _failure([], url).hop == "address"


def test_a_place_that_the_operator_allowed_is_asked(echo: SmallServer) -> None:
    with guarded_client([echo.place]) as client:
        said = client.post_json(echo.url + "/predict?x=1", {"tasks": [1]})
    assert said["path"] == "/predict?x=1"
    assert said["body"] == '{"tasks":[1]}'


def test_allowing_one_port_allows_no_other(echo: SmallServer) -> None:
    refused = _failure([f"127.0.0.1:{echo.port + 1}"], echo.url)
    assert refused.hop == "address"
    assert not echo.asked
    assert echo.place in refused.message


def test_an_allowed_name_still_does_not_become_a_metadata_service(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _resolving(monkeypatch, "169.254.169.254")
    assert "metadata" in _failure(["models.internal:80"], "http://models.internal/").message


def test_a_name_that_changes_its_mind_is_looked_up_once_and_pinned(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looked_up = _resolving(monkeypatch, "93.184.215.14", "127.0.0.1", "127.0.0.1")
    went: list[Any] = []

    def connect(address: Any, *_rest: Any, **_more: Any) -> Any:  # noqa: ANN401
        went.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", connect)
    with guarded_client() as client:
        with pytest.raises(AssistantError) as failed:
            client.get_json("http://rebinding.example.org/")
        assert failed.value.hop == "connect"
        assert looked_up == ["rebinding.example.org"]
        assert went == [("93.184.215.14", 80)]
        with pytest.raises(AssistantError) as refused:
            client.get_json("http://rebinding.example.org/")
    assert refused.value.hop == "address"
    assert len(went) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("to", ["127.0.0.1", "::ffff:127.0.0.1", "169.254.169.254", "::"])
def test_a_name_that_changes_its_mind_at_a_redirect_is_asked_no_further(
    monkeypatch: pytest.MonkeyPatch, status: int, to: str
) -> None:
    """The first answer is public and sends us to the same name, which is another place by then."""
    host = "rebinding.example.org"

    def on(_asked: Asked) -> Answer:
        there = {"Location": f"http://{host}/secrets", "Connection": "close"}
        return Answer(None, status, there)

    with serving(on) as server:
        looked_up = _resolving(monkeypatch, "93.184.215.14", to, to)
        real, went = socket.create_connection, []

        def connect(address: Any, *rest: Any, **more: Any) -> Any:  # noqa: ANN401
            went.append(address)
            return real(("127.0.0.1", server.port), *rest, **more)

        monkeypatch.setattr(socket, "create_connection", connect)
        refused = _failure([], f"http://{host}/")
    assert (refused.hop, refused.code) == ("address", "bad_address")
    assert looked_up == [host, host]
    assert went == [("93.184.215.14", 80)]
    assert len(server.asked) == 1


def test_one_forbidden_address_among_several_spoils_a_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def look_up(host: str, port: int, *rest: Any, **more: Any) -> Any:  # noqa: ANN401
        return [*GIVEN("93.184.215.14", port, *rest, **more), *GIVEN("10.1.2.3", port)]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    with guarded_client() as client, pytest.raises(AssistantError, match=r"10\.1\.2\.3"):
        client.get_json("http://mixed.example.org/")


def test_a_redirect_into_the_house_is_not_followed() -> None:
    def on(_asked: Asked) -> Answer:
        return Answer(None, 302, {"Location": "http://169.254.169.254/latest/meta-data/"})

    with serving(on) as server:
        refused = _failure([server.place], server.url)
    assert refused.hop == "address"
    assert "metadata" in refused.message


def test_a_redirect_to_another_port_is_checked_as_any_address(echo: SmallServer) -> None:
    def on(_asked: Asked) -> Answer:
        return Answer(None, 307, {"Location": echo.url})

    with serving(on) as server:
        with guarded_client([server.place]) as client, pytest.raises(AssistantError):
            client.get_json(server.url)
        assert not echo.asked
        with guarded_client([server.place, echo.place]) as client:
            said = client.get_json(server.url, headers={"Authorization": "Bearer s", "X-Ours": "1"})
            assert "X-Ours" in said["headers"]
            assert "Authorization" not in said["headers"]
            with pytest.raises(AssistantError, match="final address"):
                client.post_json(server.url, {"access_token": "secret"})
    assert len(echo.asked) == 1


def test_a_file_behind_a_redirect_is_asked_for_with_its_key_at_its_own_place_alone(
    echo: SmallServer,
) -> None:
    def on(asked: Asked) -> Answer:
        if asked.path == "/there":
            return Answer(None, 302, {"Location": f"{echo.url}/away"})
        return Answer(None, 302, {"Location": "/there"})

    key = {"Authorization": "Bearer s"}
    with serving(on) as server, guarded_client([server.place, echo.place]) as client:
        client.get_file(f"{server.url}/here", BytesIO(), headers=key)
        assert [one.headers.get("Authorization") for one in server.asked] == ["Bearer s"] * 2
    assert [one.headers.get("Authorization") for one in echo.asked] == [None]


def test_redirects_without_end_come_to_one() -> None:
    with serving(lambda asked: Answer(None, 302, {"Location": asked.path + "x"})) as server:
        with guarded_client([server.place]) as client, pytest.raises(AssistantError):
            client.get_json(server.url)
        assert len(server.asked) < 6


def test_the_time_of_a_whole_request_is_limited_though_every_byte_comes_soon() -> None:
    with serving(lambda _asked: Answer({"text": "x" * 500}, drip=0.02)) as server:
        began = time.monotonic()
        with guarded_client([server.place]) as client, pytest.raises(AssistantError) as slow:
            client.get_json(server.url, limits=Limits(total_s=0.4))
        assert time.monotonic() - began < 3
    assert (slow.value.hop, slow.value.code) == ("answer", "backend_slow")


def test_a_server_that_never_answers_is_left() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        place = f"127.0.0.1:{listener.getsockname()[1]}"
        assert _failure([place], f"http://{place}/", Limits(total_s=0.3)).code == "backend_slow"


def test_a_huge_answer_is_cut_off() -> None:
    with serving(lambda _asked: Answer(b'"' + b"x" * 3_000_000 + b'"')) as server:
        huge = _failure([server.place], server.url, Limits(max_bytes=1_000_000))
    assert huge.code == "too_large"


def test_a_compressed_answer_is_not_unpacked() -> None:
    with serving(lambda _asked: Answer(b"\x1f\x8b", 200, {"Content-Encoding": "gzip"})) as server:
        assert "compresses" in _failure([server.place], server.url).message


@pytest.mark.parametrize(
    ("body", "hop"),
    [(b"<html>", "shape"), (b"", "shape"), (b"[" * 100_000, "shape"), (b'{"a":', "shape")],
)
def test_an_answer_that_is_not_json_is_named(body: bytes, hop: str) -> None:
    with serving(lambda _asked: Answer(body)) as server:
        assert _failure([server.place], server.url).hop == hop


def test_nan_is_read_as_nothing() -> None:
    loose = Answer(b'{"score": NaN, "low": -Infinity}')
    with serving(lambda _asked: loose) as server, guarded_client([server.place]) as client:
        assert client.get_json(server.url) == {"score": None, "low": None}


def test_what_a_refusing_server_says_is_passed_on_short() -> None:
    with serving(lambda _asked: Answer(b'{"error": "no model\n' + b"x" * 9_000, 500)) as server:
        refused = _failure([server.place], server.url)
    assert isinstance(refused, AnsweredError)
    assert refused.answered == 500
    assert "no model" in refused.message
    assert len(refused.message) < 300


def test_nobody_listening_and_no_such_host_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(_echo) as server:
        gone = server.place
    with guarded_client([gone]) as client, pytest.raises(AssistantError) as closed:
        client.get_json(f"http://{gone}/")
    assert closed.value.hop == "connect"

    def nothing(*_rest: Any, **_more: Any) -> Any:  # noqa: ANN401
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", nothing)
    with guarded_client() as client, pytest.raises(AssistantError, match="no host") as unknown:
        client.get_json("http://nowhere.example.org/")
    assert unknown.value.hop == "address"


def test_a_look_up_that_hangs_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    def wait(*_rest: Any, **_more: Any) -> Any:  # noqa: ANN401
        time.sleep(1.5)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", wait)
    began = time.monotonic()
    with guarded_client() as client, pytest.raises(AssistantError, match="too long"):
        client.get_json("http://slow.example.org/", limits=Limits(total_s=0.2))
    assert time.monotonic() - began < 1.2


def test_proxies_of_the_environment_are_not_used(
    echo: SmallServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(lambda _asked: Answer("a proxy answered")) as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        monkeypatch.delenv("NO_PROXY", raising=False)
        with guarded_client([echo.place]) as client:
            assert client.get_json(echo.url)["path"] == "/"
            assert client.ask_once("GET", echo.url).status == 200
            assert client.send(echo.url, b"{}", {})[0] == 200
            assert client.post_text(echo.url, b"x")[0] == 200
            client.get_file(echo.url, BytesIO())
        with guarded_client([proxy.place]) as client, pytest.raises(AssistantError):
            client.get_json("http://10.0.0.1/")  # nor does a proxy ask for us what we may not
        assert not proxy.asked


def test_a_client_serves_several_threads_each_with_its_own_deadline(echo: SmallServer) -> None:
    from concurrent.futures import ThreadPoolExecutor

    with guarded_client([echo.place]) as client, ThreadPoolExecutor(4) as pool:

        def ask(number: int) -> str:
            return str(client.get_json(f"{echo.url}/{number}")["path"])

        assert list(pool.map(ask, range(20))) == [f"/{number}" for number in range(20)]


@pytest.mark.parametrize(
    ("given", "place"),
    [
        ("HOST:9090", "host:9090"),
        ("http://host", "host:80"),
        ("https://host/path", "host:443"),
        ("[::1]:9090", "[::1]:9090"),
    ],
)
def test_places_have_one_form(given: str, place: str) -> None:
    assert place_of(given) == place


def test_the_parts_of_an_address_are_found() -> None:
    target = read_url("https://Models.Example.org/base/")
    assert (target.scheme, target.host, target.port) == ("https", "models.example.org", 443)
