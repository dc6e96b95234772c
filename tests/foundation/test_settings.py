"""Settings: where they come from, and what is said when they are wrong."""

from dataclasses import fields
from pathlib import Path

import pytest

from voltfleet.domain.quota import Quota
from voltfleet.settings import _READERS, Settings, SettingsError, from_env


def test_nothing_given_is_a_gateway_on_sqlite_beside_us() -> None:
    settings = from_env({})
    assert settings == Settings(
        database_url=f"sqlite:///{Path('voltfleet-data').absolute()}/voltfleet.db"
    )
    assert (settings.max_batch, settings.host) == (20_000, "127.0.0.1")
    assert settings.keys_dir == Path("voltfleet-data/keys")


def test_every_setting_can_be_read() -> None:
    assert set(_READERS) == {f.name for f in fields(Settings)}


def test_the_environment_is_read() -> None:
    settings = from_env(
        {
            "VOLTFLEET_PORT": " 9000 ",
            "VOLTFLEET_DATA_DIR": "~/volt",
            "VOLTFLEET_DATABASE_URL": "postgresql://me:secret@db/volt",
            "VOLTFLEET_LEASE_SECONDS": "4.5",
            "VOLTFLEET_JWKS_URL": "https://id.example/jwks",
            "VOLTFLEET_JWT_ISSUER": "https://id.example/",
            "VOLTFLEET_JWT_AUDIENCE": "gateway",
            "VOLTFLEET_ROLE_CLAIM": "https://volt/role",
            "VOLTFLEET_ORG_CLAIM": "org",
            "VOLTFLEET_MAX_BATCH": "",
            "VOLTFLEET_SERVICE_HOST": "10.0.0.1",
            "PORT": "1",
        }
    )
    assert (settings.port, settings.lease_seconds, settings.max_batch) == (9000, 4.5, 20_000)
    assert settings.data_dir == Path.home() / "volt"
    assert (settings.role_claim, settings.org_claim) == ("https://volt/role", "org")
    assert settings.database_url == "postgresql://me:secret@db/volt"
    assert "secret" not in repr(settings)


def test_an_option_goes_before_the_environment_and_none_is_no_option(tmp_path: Path) -> None:
    environ = {"VOLTFLEET_PORT": "9000", "VOLTFLEET_HOSTS": "3"}
    settings = from_env(environ, port=9001, hosts=None, data_dir=tmp_path)
    assert (settings.port, settings.hosts) == (9001, 3)
    assert settings.database_url == f"sqlite:///{tmp_path}/voltfleet.db"


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("PORT", "http", "whole number from 0 to 65,535"),
        ("PORT", "65536", "whole number"),
        ("PORT", "tcp://10.0.0.1:80", "enableServiceLinks: false"),
        ("DATABASE_URL", "mysql://me:secret@db", "must be sqlite:///"),
        ("HOSTS", "-1", "auto, none, or a whole number"),
        ("MAX_BATCH", "0", "from 1 to"),
        ("MAX_BATCH", "1.5", "whole number"),
        ("LEASE_SECONDS", "nan", "a number from 1"),
        ("LEASE_SECONDS", "soon", "a number from 1"),
        ("MAX_CHARGERS_PER_ORG", "-1", "whole number from 0"),
        ("MAX_REQUESTS_PER_SECOND_PER_ORG", "fast", "a number from 0"),
        ("AUDIT_RETENTION_DAYS", "-1", "a number from 0"),
        ("JWKS_URL", "id.example/jwks", "https://"),
        ("JWT_AUDIENCE", "gateway", "VOLTFLEET_JWKS_URL must be set"),
        ("JWT_ISSUER", "x", "VOLTFLEET_JWKS_URL must be set"),
    ],
)
def test_a_wrong_one_is_named_with_the_remedy(name: str, text: str, words: str) -> None:
    with pytest.raises(SettingsError) as refused:
        from_env({f"VOLTFLEET_{name}": text})
    assert f"VOLTFLEET_{name}" in str(refused.value)
    assert words in str(refused.value)
    assert "secret" not in str(refused.value)


def test_all_wrong_ones_are_named_at_once_by_where_they_were_given() -> None:
    with pytest.raises(SettingsError) as refused:
        from_env({"VOLTFLEET_PORT": "x"}, max_batch=0)
    assert "VOLTFLEET_PORT" in str(refused.value)
    assert "--max-batch" in str(refused.value)


def test_an_option_that_does_not_exist_is_a_mistake_of_ours() -> None:
    with pytest.raises(TypeError, match="colour"):
        from_env({}, colour="red")


@pytest.mark.parametrize(("text", "hosts"), [("auto", None), ("none", 0), ("0", 0), ("4", 4)])
def test_how_many_hosts(text: str, hosts: int | None) -> None:
    assert from_env({}).hosts is None
    assert from_env({"VOLTFLEET_HOSTS": text}).hosts == hosts


def test_organizations_have_no_quota_unless_one_is_chosen() -> None:
    assert from_env({}).quota_per_org == Quota(None, None, None)
    chosen = {
        "VOLTFLEET_MAX_CHARGERS_PER_ORG": "0",
        "VOLTFLEET_MAX_REQUESTS_PER_SECOND_PER_ORG": "2.5",
    }
    assert from_env(chosen).quota_per_org == Quota(0, None, 2.5)
