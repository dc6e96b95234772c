"""The files in ``deploy/``: what they name exists, here and in one another."""

import re
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from voltfleet.cli.app import app

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    return loaded


def test_every_service_and_volume_that_is_named_is_there(compose: dict[str, Any]) -> None:
    services, volumes = compose["services"], set(compose["volumes"])
    assert {"gateway-1", "gateway-2", "host-1", "host-2", "postgres", "csms"} <= set(services)
    for name, service in services.items():
        assert set(service.get("depends_on", ())) <= set(services), name
        for mount in service.get("volumes", ()):
            source = mount.partition(":")[0]
            assert source in volumes or (DEPLOY / source).exists(), mount


def test_every_command_and_option_is_one_of_ours(compose: dict[str, Any]) -> None:
    group: Any = typer.main.get_command(app)
    for name, service in compose["services"].items():
        if service.get("image") != "voltfleet" or "entrypoint" in service:
            continue
        command, *options = service["command"]
        ours = group.get_command(typer.Context(group), command)
        known = {flag for p in ours.params for flag in p.opts}
        assert {word for word in options if word.startswith("--")} <= known, name


def test_a_host_is_given_the_token_that_was_made_for_it(compose: dict[str, Any]) -> None:
    made = re.search(r"for id in (.+); do", compose["services"]["tokens"]["command"][0])
    assert made
    for host_id in made[1].split():
        settings = compose["services"][host_id]["environment"]
        assert settings["VOLTFLEET_HOST_ID"] == host_id
        assert settings["VOLTFLEET_HOST_TOKEN_FILE"] == f"/tokens/{host_id}"
    balancer = (DEPLOY / "haproxy.cfg").read_text()
    for gateway in (name for name in compose["services"] if name.startswith("gateway-")):
        assert f"server {gateway} {gateway}:8080" in balancer


def test_the_image_is_built_with_the_tools_of_make_setup() -> None:
    uv = re.search(r'^UV = "(.+)"', (ROOT / "tools" / "bootstrap.py").read_text(), re.MULTILINE)
    assert uv
    text = (DEPLOY / "Dockerfile").read_text()
    assert f"ARG UV={uv[1]}\n" in text
    for name in re.findall(r"^COPY (?!--from)(.+) \S+$", text, re.MULTILINE):
        assert all((ROOT / part).exists() for part in name.split())
    kept = re.findall(r"^!(\S+)", (DEPLOY / "Dockerfile.dockerignore").read_text(), re.MULTILINE)
    assert all((ROOT / name).exists() for name in kept)
