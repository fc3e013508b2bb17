# SPDX-License-Identifier: MIT
"""Looking after the portable stores, doctor(), and the commands for both."""

import json
import os
import stat

import pytest

import ncrypt_ext as nc
from ncrypt_ext import __main__ as command

_engine = pytest.importorskip("ncrypt_ext._engine")


@pytest.fixture
def store(provider):
    for name in ("a", "b"):
        provider.create_key("ECDSA_P256", name).close()


@pytest.fixture
def callback():
    """Sets who is asked for a passphrase, for one test."""
    yield _engine.set_passphrase_callback
    _engine.set_passphrase_callback(None)


def test_no_store_yet(home):
    assert _engine.store_folder() == str(home / "user")
    assert _engine.store_folder(machine=True) == str(home / "machine")
    for call in (
        _engine.store_info,
        _engine.store_check,
        lambda: _engine.store_backup(home / "copy"),
        lambda: _engine.store_rekey("secret"),
    ):
        with pytest.raises(nc.StoreNotFoundError):
            call()
    assert not home.exists()


def test_info(home, store):
    info = _engine.store_info()
    assert info.folder == str(home / "user")
    assert os.path.dirname(info.database) == info.folder
    assert info.keys == 2
    assert info.bytes > 0
    assert info.schema_version >= 1
    assert len(info.id) == 32
    assert not info.passphrase
    assert not info.read_only


def test_check(store):
    assert _engine.store_check() == (2, [])


def test_backup(home, store, provider, monkeypatch):
    with provider.open_key("a") as key:
        signature = key.sign(b"d" * 32)
    copy = home.parent / "copy"
    copy.mkdir()
    _engine.store_backup(copy / "user")
    with pytest.raises(nc.StoreExistsError):
        _engine.store_backup(copy / "user")
    for file in (copy / "user").iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    monkeypatch.setenv("NCRYPT_EXT_HOME", str(copy))
    with nc.Provider() as other, other.open_key("a") as key:
        key.verify(b"d" * 32, signature)
    with pytest.raises(TypeError):
        _engine.store_backup(17)


def test_passphrase(home, store, provider, callback, run_python):
    _engine.store_rekey("secret")
    assert _engine.store_info().passphrase
    with provider.open_key("a"):
        pass  # this process knows the master key already
    program = (
        "import sys, ncrypt_ext as nc\n"
        "from ncrypt_ext import _engine\n"
        "asked = []\n"
        "def ask(folder):\n"
        "    asked.append(folder)\n"
        "    return ANSWER\n"
        "_engine.set_passphrase_callback(ask)\n"
        "try:\n"
        "    nc.Provider().open_key('a')\n"
        "except nc.NCryptError as error:\n"
        "    print(type(error).__name__, type(error.__cause__).__name__)\n"
        "except BaseException as error:\n"
        "    print(type(error).__name__)\n"
        "else:\n"
        "    print('opened', asked == [sys.argv[1]])\n"
    )
    folder = home / "user"
    for answer, printed in (
        ("'secret'", "opened True"),
        ("bytearray(b'secret')", "opened True"),
        ("'wrong'", "WrongPassphraseError NoneType"),
        ("None", "WrongPassphraseError NoneType"),
        ("17", "WrongPassphraseError TypeError"),
        ("'x' * 100_000", "WrongPassphraseError ValueError"),
        ("1 / 0", "WrongPassphraseError ZeroDivisionError"),
        ("sys.exit()", "SystemExit"),
    ):
        assert run_python(program.replace("ANSWER", answer), folder).strip() == printed, answer
    _engine.store_rekey(None)
    assert not _engine.store_info().passphrase
    with pytest.raises(ValueError, match="passphrase must not be empty"):
        _engine.store_rekey("")
    with pytest.raises(TypeError, match="passphrase must be a bytes-like object"):
        _engine.store_rekey(17)
    with pytest.raises(TypeError, match="callback must be callable or None"):
        callback("secret")


def test_store_faults_are_not_missing_keys(home, store, run_python):
    """has_key() answers False for a missing key and for nothing else."""
    program = (
        "import ncrypt_ext as nc\n"
        "try:\n"
        "    print(nc.Provider().has_key('a'))\n"
        "except nc.NCryptError as error:\n"
        "    print(type(error).__name__)\n"
    )
    assert run_python(program) == "True\n"
    (home / "user").chmod(0o777)
    assert run_python(program) == "StorePermissionError\n"
    (home / "user").chmod(0o700)
    for name in os.listdir(home / "user"):
        if "master" in name:
            (home / "user" / name).rename(home / name)
    assert run_python(program) == "MasterKeyMissingError\n"


# ---- doctor and the commands ---------------------------------------------------------------------


def test_doctor(home, store):
    report = nc.doctor()
    assert report["implementation"] == "portable"
    assert report["version"] == nc.__version__
    assert report["problems"] == []
    user, machine = report["stores"]
    assert (user["scope"], user["exists"], user["keys"]) == ("user", True, 2)
    assert (machine["scope"], machine["exists"]) == ("machine", False)
    assert user["folder_access"]["mode"] == "drwx------"
    assert report["environment"]["NCRYPT_EXT_HOME"] == str(home)
    json.dumps(report)


def test_doctor_says_what_would_fail(home, store, run_python):
    (home / "user").chmod(0o777)
    done = run_python("from ncrypt_ext.__main__ import main; exit(main(['doctor']))", check=False)
    assert done.returncode == 1
    assert "user store: stored keys cannot be used" in done.stdout
    assert "ERROR_INVALID_SECURITY_DESCR" in done.stdout


def test_doctor_changes_nothing(home, capsys):
    assert command.main(["doctor"]) == 0
    assert "implementation: portable" in capsys.readouterr().out
    assert not home.exists()


def test_doctor_for_programs(capsys):
    assert command.main(["doctor", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["problems"] == []


def test_store_commands(home, store, capsys, tmp_path):
    assert command.main(["store", "info", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["keys"] == 2
    assert command.main(["store", "info"]) == 0
    assert "keys: 2" in capsys.readouterr().out
    assert command.main(["store", "check"]) == 0
    assert capsys.readouterr().out == "2 keys checked, 0 faults\n"
    assert command.main(["store", "backup", str(tmp_path / "copy")]) == 0
    assert command.main(["store", "backup", str(tmp_path / "copy")]) == 2
    assert "NTE_EXISTS" in capsys.readouterr().err
    assert command.main(["store", "info", "--machine"]) == 2
    assert "there is no key store yet" in capsys.readouterr().err
    (tmp_path / "passphrase").write_text("secret\n")
    file = str(tmp_path / "passphrase")
    assert command.main(["store", "rekey", "--passphrase-file", file]) == 0
    assert _engine.store_info().passphrase
    assert command.main(["store", "rekey", "--remove"]) == 0
    assert not _engine.store_info().passphrase
    assert command.main(["store", "rekey", "--passphrase-file", "missing"]) == 2


def test_asking_for_a_passphrase(store, monkeypatch, capsys):
    answers = iter(["one", "another", "same", "same"])
    monkeypatch.setattr("getpass.getpass", lambda prompt: next(answers))
    assert command.main(["store", "rekey"]) == 2
    assert "not the same" in capsys.readouterr().err
    assert command.main(["store", "rekey"]) == 0
    assert _engine.store_info().passphrase


def test_folders_for_other_builds():
    for header in ("ncrypt.h", "ncrypt_ext_compat.h"):
        assert os.path.exists(os.path.join(nc.get_include(), header))
    assert any(name.startswith("libncrypt_ext_core") for name in os.listdir(nc.get_library_dir()))
