"""``voltfleet host``: what it refuses and how it says so."""

from pathlib import Path

import pytest

from voltfleet.cli import app as cli
from voltfleet.cli.host import CannotHost, link_url

GATEWAY = ("--gateway", "http://127.0.0.1:9")


@pytest.mark.parametrize(
    ("gateway", "link"),
    [
        ("http://10.0.0.5:8080", "ws://10.0.0.5:8080/host-link"),
        ("https://voltfleet.example.com/", "wss://voltfleet.example.com/host-link"),
        ("https://example.com/voltfleet", "wss://example.com/voltfleet/host-link"),
        ("wss://example.com/host-link", "wss://example.com/host-link"),
        ("http://[::1]:8080", "ws://[::1]:8080/host-link"),
    ],
)
def test_where_hosts_dial_in(gateway: str, link: str) -> None:
    assert link_url(gateway) == link


@pytest.mark.parametrize(
    "gateway", ["example.com:8080", "ftp://x", "http://", "http://x:0", "http://[x"]
)
def test_what_is_no_gateway(gateway: str) -> None:
    with pytest.raises(CannotHost, match="--gateway is the gateway's URL"):
        link_url(gateway)


def refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *options: str
) -> str:
    """The one line that it says before it exits with 2."""
    monkeypatch.setattr(cli, "configure", lambda: None)  # the log of this process stays as it is
    monkeypatch.setattr("sys.argv", ["voltfleet", "host", *GATEWAY, *options])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1, err
    return err


def test_a_host_without_a_token(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.delenv("VOLTFLEET_HOST_TOKEN", raising=False)
    monkeypatch.delenv("VOLTFLEET_HOST_TOKEN_FILE", raising=False)
    assert "voltfleet token create --role host" in refused(monkeypatch, capsys, "--host-id", "a")
    monkeypatch.setenv("VOLTFLEET_HOST_TOKEN_FILE", str(tmp_path / "none"))
    assert "Cannot read the host's token" in refused(monkeypatch, capsys, "--host-id", "a")


def test_an_id_that_cannot_be(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "--host-id takes 1 to 64" in refused(monkeypatch, capsys, "--host-id", "a b")
