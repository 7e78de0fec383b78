from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

import av
import pytest
import torch
from click.testing import CliRunner

import studio.doctor
from cli import main
from studio.doctor import PACKAGES, findings


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_everything_is_tried_and_here(tmp_path: Path) -> None:
    found = {finding.name: finding for finding in findings()}
    assert list(found) == ["python", *PACKAGES, "drawing", "fonts and formulas", "H.264 encoder", "writing here", "GPU"]
    assert found["GPU"].ok is None
    assert {name for name, finding in found.items() if finding.ok is not True} == {"GPU"}
    assert found["python"].found == platform.python_version()
    for name in PACKAGES:
        assert found[name].found == version(name)
    assert found["writing here"].found == str(tmp_path)
    assert list(tmp_path.iterdir()) == []
    assert "264" in found["H.264 encoder"].found


def test_every_dependency_is_looked_for() -> None:
    needed = {
        line.split(";")[0].split("[")[0].split(">")[0].split("<")[0].strip() for line in requires("tensorreel") or [] if "extra" not in line
    }
    assert needed == set(PACKAGES)


def test_a_missing_package(monkeypatch: pytest.MonkeyPatch) -> None:
    def without_typst(name: str) -> str:
        if name == "typst":
            raise PackageNotFoundError(name)
        return version(name)

    monkeypatch.setattr(studio.doctor, "version", without_typst)
    result = CliRunner().invoke(main, ["doctor"])
    lines = result.stdout.splitlines()
    assert result.exit_code == 2
    assert [line.split() for line in lines if line.startswith("MISSING")] == [["MISSING", "typst", "missing"]]
    assert lines[lines.index(next(line for line in lines if line.startswith("MISSING"))) + 1].strip() == "pip install typst"


def test_a_missing_encoder(monkeypatch: pytest.MonkeyPatch) -> None:
    def codec(name: str, mode: str) -> None:
        raise ValueError(f"no codec\n{name}")

    monkeypatch.setattr(av.codec, "Codec", codec)
    found = {finding.name: finding for finding in findings()}["H.264 encoder"]
    assert (found.ok, found.found) == (False, "no codec libx264")
    assert "install" in found.remedy


@pytest.mark.parametrize(
    ("has_cuda", "has_mps", "words"), [(False, False, "none seen"), (False, True, "mps"), (True, False, "CUDA: A card")]
)
def test_the_gpu_is_good_to_know(monkeypatch: pytest.MonkeyPatch, has_cuda: bool, has_mps: bool, words: str) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: has_cuda)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "A card")
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: has_mps)
    *_, gpu = findings()
    assert gpu.name == "GPU"
    assert gpu.ok is None
    assert words in gpu.found


def test_a_broken_driver_is_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> bool:
        raise RuntimeError("driver too old")

    monkeypatch.setattr(torch.cuda, "is_available", broken)
    *_, gpu = findings()
    assert (gpu.ok, gpu.found) == (None, "driver too old")


def test_the_report() -> None:
    result = CliRunner().invoke(main, ["doctor"])
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert len(lines) == len(PACKAGES) + 6
    assert all(line.startswith("ok      ") for line in lines[:-1])
    assert lines[-1].startswith("--      GPU")
    assert f"ok      {'torch':20}{version('torch')}" in lines
