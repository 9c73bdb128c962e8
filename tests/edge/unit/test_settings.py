"""Settings, from the environment to a frozen value."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from edge_api.data_folder import secret
from edge_api.environment import SETTINGS, read
from edge_api.main import main
from edge_api.settings import Secret, Settings, SettingsError


def test_settings_are_read_once_and_hide_their_secrets() -> None:
    """Values of every kind, and a repr that can be logged."""
    settings = read(
        {
            "DATABASE_URL": "postgresql://u:hush@h/d",
            "REDIS_URL": "rediss://:hush@h:6380/0",
            "SECRET_KEY": "s" * 40,
            "EDGE_ORIGIN": "https://Learn.Example/",
            "EDGE_PROXIES": "10.0.0.0/8, unix",
            "RATE_LIMITS": "off",
            "PATH": "/bin",
            "EDGE_POOL": " 7 ",
        }
    )
    assert (settings.origin, settings.pool, settings.rate_limits) == ("https://learn.example", 7, False)
    assert settings.cookie == "__Host-session"
    assert "hush" not in repr(settings)
    assert "ssss" not in repr(settings)
    assert {setting.field for setting in SETTINGS} == set(msgspec.structs.asdict(Settings()))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "mysql://x"),
        ("SECRET_KEY", "short"),
        ("REDIS_URL", "http://:hush@h"),
        ("REDIS_CACHE_URL", "redis://:hush@h"),
        ("RATE_LIMITS", "perhaps"),
        ("EDGE_ORIGIN", "http://learn.example"),
        ("EDGE_ORIGIN", "https://learn.example/path"),
        ("EDGE_ORIGIN", "learn.example"),
        ("EDGE_PROXIES", "nonsense"),
        ("EDGE_POOL", "0"),
        ("EDGE_POOL", "-1"),
        ("EDGE_BODY_SECONDS", "nan"),
        ("EDGE_LOG", "loud"),
        ("EDGE_NONSENSE", "1"),
    ],
)
def test_wrong_settings_are_refused_by_name(name: str, value: str) -> None:
    """The message names the variable, and never repeats a secret."""
    with pytest.raises(SettingsError, match=name) as refused:
        read({name: value})
    if name in {"DATABASE_URL", "REDIS_URL", "REDIS_CACHE_URL", "SECRET_KEY"}:
        assert value not in str(refused.value)


def test_a_single_instance_makes_its_own_secret(tmp_path: Path) -> None:
    """Once, for itself alone, and the same after a restart."""
    settings = Settings(data=tmp_path / "data")
    assert secret(settings) == secret(settings)
    assert len(secret(settings)) >= 32
    assert (tmp_path / "data" / "secret").stat().st_mode & 0o077 == 0
    assert secret(Settings(secret_key=Secret("x"))) == b"x"


@pytest.mark.parametrize(
    ("environ", "says"),
    [
        ({}, "needs REDIS_URL"),
        ({"REDIS_URL": "redis://localhost"}, "needs DATABASE_URL"),
    ],
)
def test_several_workers_need_what_they_share(
    environ: dict[str, str], says: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One sentence and exit 2, before anything is started."""
    for name in ("DATABASE_URL", "REDIS_URL"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    assert main(["--workers", "2"]) == 2
    assert says in capsys.readouterr().err
