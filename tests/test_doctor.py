# SPDX-License-Identifier: MIT
"""What doctor says about services of Windows and about the environment."""

import ctypes
import json
import sys

import pytest

import ncrypt_ext as nc
from ncrypt_ext import _doctor
from ncrypt_ext.__main__ import main

WINE = sys.platform == "win32" and hasattr(ctypes.WinDLL("ntdll"), "wine_get_version")


@pytest.mark.parametrize(
    ("environment", "account", "answer"),
    [
        ({"USERPROFILE": r"C:\Windows\system32\config\systemprofile"}, "LocalSystem", "yes"),
        ({"UserProfile": "C:/WINDOWS/ServiceProfiles/LocalService/"}, "LocalService", "yes"),
        ({"USERPROFILE": r"C:\Windows\ServiceProfiles\NetworkService"}, "NetworkService", "yes"),
        ({"USERPROFILE": r"C:\Windows\ServiceProfiles\MSSQL"}, r"NT SERVICE\MSSQL", "yes"),
        ({"USERPROFILE": r"C:\Users\ada", "SESSIONNAME": "Console"}, "", "no: the session"),
        ({"USERPROFILE": r"C:\Users\ada", "SESSIONNAME": "RDP-Tcp#3"}, "", "RDP-Tcp#3"),
        ({"USERPROFILE": r"C:\Users\ada"}, "", "possibly"),
        ({"USERPROFILE": r"C:\ServiceProfiles", "SESSIONNAME": "Console"}, "", "no"),
        ({}, "", "possibly"),
    ],
)
def test_does_it_look_like_a_service(environment, account, answer):
    report = _doctor.describe_service(environment)
    assert report["account"] == account
    assert answer in report["service"]
    assert "deadlock" in report["remark"]


def test_only_windows_has_that_service_control_manager(monkeypatch):
    if WINE:  # whose stub would end this process
        monkeypatch.setattr(_doctor, "storage_providers", list)
    report = nc.doctor()
    assert ("service" in report) == (sys.platform == "win32")
    assert json.loads(json.dumps(report)) == report


def test_a_report_with_a_service_for_people():
    report = {"service": _doctor.describe_service({"USERPROFILE": r"C:\x\systemprofile"})}
    text = _doctor.text(report)
    assert "service: yes: the profile is that of LocalSystem" in text
    assert "remark: a service must not" in text


of_the_engine = pytest.mark.skipif(sys.platform == "win32", reason="the engine's own setting")


@of_the_engine
@pytest.mark.parametrize("text", ["abc", "-1", "600001", "5s", "1e3"])
def test_a_wait_that_is_none(monkeypatch, text):
    monkeypatch.setenv("NCRYPT_EXT_LOCK_TIMEOUT_MS", text)
    (problem,) = (each for each in _doctor.examine()["problems"] if "LOCK" in each)
    assert "5000" in problem


@of_the_engine
@pytest.mark.parametrize("text", ["", "0", "600000"])
def test_a_wait_that_is_one(monkeypatch, text):
    monkeypatch.setenv("NCRYPT_EXT_LOCK_TIMEOUT_MS", text)
    assert not [each for each in _doctor.examine()["problems"] if "LOCK" in each]


def test_version(capsys):
    with pytest.raises(SystemExit, match="0"):
        main(["--version"])
    assert capsys.readouterr().out == f"ncrypt_ext {nc.__version__}\n"
