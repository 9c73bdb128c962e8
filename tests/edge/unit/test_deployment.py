"""What deploy/ ships agrees with the edge: settings that exist, ports that meet, files that are there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from edge_api.environment import SETTINGS
from edge_api.main import _parser

ROOT = Path(__file__).resolve().parents[3]
DEPLOY = ROOT / "deploy"
NAMES = {setting.name for setting in SETTINGS}


def ports(name: str) -> list[str]:
    """Return the ports that a list of instances names."""
    return re.findall(r"127\.0\.0\.1:(\d+)", (DEPLOY / "nginx" / "here" / name).read_text(encoding="utf-8"))


def services() -> dict[str, Any]:
    """Return compose.yaml's services."""
    found: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))["services"]
    return found


def test_every_list_of_instances_names_the_same() -> None:
    commands = [each["command"] for name, each in services().items() if name.startswith("edge-")]
    started = [str(_parser().parse_args(command).port) for command in commands]
    assert ports("instances.conf") == ports("streams.conf") == started


def test_nginx_has_time_to_ask_another_instance_after_one_that_hangs() -> None:
    """But not a third one: nobody waits for three instances that hang."""
    found = (DEPLOY / "nginx" / "edge.conf").read_text(encoding="utf-8")
    waits, again = (
        int(re.findall(rf"^{name} (\d+)s;", found, re.MULTILINE)[0])
        for name in ("proxy_read_timeout", "proxy_next_upstream_timeout")
    )
    assert waits < again < 2 * waits


def test_containers_are_given_settings_that_exist_and_time_to_go() -> None:
    for name, service in services().items():
        if name.startswith("edge-"):
            assert set(service["environment"]) <= NAMES
            assert service["stop_grace_period"] == "45s"
            assert service["depends_on"]["migration"]["condition"] == "service_completed_successfully"
    assert _parser().parse_args(services()["migration"]["command"]).migrate


def test_an_instance_can_write_nothing_and_has_no_rights() -> None:
    """In a container and as a service alike: code that was broken into can't be changed for the next start."""
    for name, service in services().items():
        if name.startswith("edge-") or name == "migration":
            assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
            assert service["security_opt"] == ["no-new-privileges:true"]
    assert re.search(r"^USER (?!root)", (DEPLOY / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)
    unit = (DEPLOY / "systemd" / "coursewright-edge@.service").read_text(encoding="utf-8").splitlines()
    assert {"CapabilityBoundingSet=", "NoNewPrivileges=yes", "ProtectSystem=strict"} <= set(unit)
    assert not [line for line in unit if line.startswith("ReadWritePaths")]


def test_each_container_grants_its_share_and_is_asked_for_its_own_health() -> None:
    image = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    edges = {name: each for name, each in services().items() if name.startswith("edge-")}
    for service in edges.values():
        assert service["environment"]["EDGE_INSTANCES"] == len(edges)
        asked = re.findall(r"127\.0\.0\.1:(\d+)/livez", str(service.get("healthcheck", image)))
        assert asked == [service["command"][-1]]


def test_the_unit_names_settings_that_exist() -> None:
    unit = (DEPLOY / "systemd" / "coursewright-edge@.service").read_text(encoding="utf-8")
    assert set(re.findall(r"\b(?!AF_)[A-Z]+_[A-Z_]+", unit)) <= NAMES
    (command,) = re.findall(r"^ExecStart=.*build\.py api (.*)", unit, re.MULTILINE)
    assert _parser().parse_args(command.replace("%i", "8001").split()).port == 8001


def test_the_image_is_made_of_files_that_are_there() -> None:
    lines = (DEPLOY / "Dockerfile").read_text(encoding="utf-8").splitlines()
    copied = [line.split()[1] for line in lines if line.startswith("COPY ") and "--from" not in line]
    assert copied
    assert all((ROOT / each).exists() for each in copied)
