# SPDX-License-Identifier: MIT
"""Every test has a store of its own, and leaves no handle behind."""

import gc
import hashlib
import os
import subprocess
import sys

import pytest

import ncrypt_ext as nc


def pytest_configure(config):
    """A store stays open until its process ends, and here each test has one of its own."""
    try:
        import resource
    except ImportError:  # Windows
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 65536 if hard == resource.RLIM_INFINITY else min(hard, 65536)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


@pytest.fixture(autouse=True, scope="module")
def settled():
    """What is there before a file's tests stays (the tests of all files, the reports of those that
    ran): the collections around each test need not look at it."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """The folder of this test's stores. No handle may be alive longer than the test."""
    folder = tmp_path / "home"
    monkeypatch.setenv("NCRYPT_EXT_HOME", str(folder))
    gc.collect()
    before = nc.live_handles()
    yield folder
    gc.collect()
    assert nc.live_handles() == before


@pytest.fixture
def provider():
    with nc.Provider() as provider:
        yield provider


@pytest.fixture
def digest():
    return hashlib.sha256(b"order 17").digest()


@pytest.fixture
def ec_key(provider):
    with provider.create_key("ECDSA_P256") as key:
        yield key


@pytest.fixture(scope="session")
def rsa_blob():
    """One RSA-2048 key for all tests that only need some: making one takes long."""
    with nc.Provider() as provider:
        policy = nc.ExportPolicy.ALLOW_EXPORT | nc.ExportPolicy.ALLOW_PLAINTEXT_EXPORT
        with provider.create_key("RSA", length=2048, export_policy=policy) as key:
            return key.export("RSAFULLPRIVATEBLOB")


@pytest.fixture
def rsa_key(provider, rsa_blob):
    with provider.import_key(rsa_blob, "RSAFULLPRIVATEBLOB") as key:
        yield key


@pytest.fixture
def run_python(home):
    """Runs a program in a fresh interpreter and returns what it prints; it must end well."""

    def run(program, *arguments, timeout=120, check=True):
        package_root = os.path.dirname(nc.get_library_dir())
        environment = dict(os.environ, PYTHONPATH=package_root, PYTHONFAULTHANDLER="1")
        done = subprocess.run(
            [sys.executable, "-c", program, *map(str, arguments)],
            env=environment,
            capture_output=True,
            text=True,
            timeout=timeout,
        )
        if check:
            assert done.returncode == 0, f"exit code {done.returncode}\n{done.stdout}{done.stderr}"
            return done.stdout
        return done

    return run
