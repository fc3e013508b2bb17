# SPDX-License-Identifier: MIT
"""What the conformance tests share. Nothing here knows the package: only the Windows functions.

Markers name the differences between implementations:
  requires(capability)           what must be there; absent on Windows or Wine: an expected failure
  not_on(implementation, reason) a known difference: a strict expected failure there
Capabilities are those of probes.py. On the engine every one must be there. A test that takes a key
`name` requires "persisted" without saying so, one with an algorithm for a parameter that algorithm.
What Wine does otherwise in whole families of tests is in differences.txt, as strict as not_on.

With NCRYPT_EXT_CONFORMANCE_RESULTS set to a file, each test adds a line to it: see results.py.
"""

import functools
import importlib.util
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from . import differences, probes, results, rows
from .api import IMPLEMENTATION, Api, calls
from .capi import Capi
from .certificates import Certificates
from .ws_api import Ws
from .ws_channels import Channels, channels_missing
from .ws_service import Service

HERE = Path(__file__).parent
ALONE = "NCRYPT_EXT_CONFORMANCE_ALONE" in os.environ
TOOLS = {
    "cryptography": lambda: importlib.util.find_spec("cryptography") is not None,
    "openssl": lambda: shutil.which("openssl") is not None,
}


def pytest_configure(config):
    config.addinivalue_line("markers", "requires(capability): see tests/conformance/conftest.py")
    config.addinivalue_line("markers", "not_on(implementation, reason): the same")


def small(algorithm):
    """The properties that make an algorithm's fastest key."""
    return {"Length": 512} if algorithm == "RSA" else {}


def run_child(program, *arguments):
    """Runs tests/conformance/<program>.py in a process of its own."""
    environment = dict(os.environ, PYTHONPATH=os.pathsep.join(filter(None, sys.path)))
    return subprocess.run(
        [sys.executable, str(HERE / "child.py"), program, *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        env=environment,
    )


@functools.cache
def capable(capability):
    if capability in TOOLS:
        return TOOLS[capability]()
    if IMPLEMENTATION == "engine":
        return capability in probes.PROBES
    # A stub of Wine's ends the process that calls it.
    return run_child("probes", capability).returncode == 0


def requirements(item):
    for mark in item.iter_markers("requires"):
        yield from mark.args
    if "name" in item.fixturenames:
        yield "persisted"
    parameters = item.callspec.params.values() if hasattr(item, "callspec") else ()
    yield from (value for value in parameters if isinstance(value, str) and value in probes.PROBES)


def strict():
    """Another Wine than the one that the differences are known of may have become better."""
    return IMPLEMENTATION != "wine" or differences.wine_version() == differences.KNOWN


def pytest_runtest_setup(item):
    calls.clear()
    for capability in requirements(item):
        if capable(capability):
            continue
        if capability == "openssl" and IMPLEMENTATION == "engine":
            pytest.skip("there is no openssl command")
        if IMPLEMENTATION == "engine":
            pytest.fail(f"missing: {capability}")
        item.stash[results.MISSING] = capability
        pytest.xfail(f"{IMPLEMENTATION} has no {capability}")
    for mark in item.iter_markers("not_on"):
        implementation, reason = mark.args
        if implementation == IMPLEMENTATION:
            item.add_marker(pytest.mark.xfail(reason=reason, strict=strict()))
    difference = differences.find(item.nodeid) if IMPLEMENTATION == "wine" else None
    if difference is not None and not ALONE:
        item.add_marker(pytest.mark.xfail(reason=difference.reason, strict=strict()))


STARTS_PROCESSES = {"test_windows_recorder.py", "test_open_delete.py"}


def pytest_collection_modifyitems(items):
    """Whatever needs other processes comes first: some tests make Wine keep gigabytes.

    That holds for the probes as well; and tests that end their process get one of their own.
    """
    if IMPLEMENTATION != "wine" or ALONE:
        return
    first = []
    for item in [item for item in items if HERE in item.path.parents]:
        difference = differences.find(item.nodeid)
        if difference is not None and difference.alone:
            item.runtest = functools.partial(run_alone, item)
            first.append(item)
        elif item.path.name in STARTS_PROCESSES:
            first.append(item)
    items[:] = first + [item for item in items if item not in first]


def pytest_collection_finish(session):
    if IMPLEMENTATION != "engine":
        ours = [item for item in session.items if HERE in item.path.parents]
        wanted = {capability for item in ours for capability in requirements(item)}
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            list(pool.map(capable, sorted(wanted)))


def run_alone(item):
    done = subprocess.run(
        [sys.executable, "-P", "-m", "pytest", "-q", "-p", "no:faulthandler", item.nodeid],
        cwd=item.config.rootpath,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        env=dict(os.environ, NCRYPT_EXT_CONFORMANCE_ALONE="1"),
    )
    if "1 passed" not in done.stdout:
        pytest.fail(f"failed in a process of its own:\n{done.stdout}{done.stderr}")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    results.note(item, report, calls)
    return report


def pytest_sessionfinish():
    rows.save()


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """A folder of this test's own for the stores (Windows does not look at it)."""
    monkeypatch.setenv("NCRYPT_EXT_HOME", str(tmp_path / "home"))


@pytest.fixture
def api():
    api = Api()
    yield api
    api.release()


@pytest.fixture
def ws():
    ws = Ws()
    yield ws
    ws.release()


@pytest.fixture
def channels():
    if reason := channels_missing():
        pytest.skip(reason)
    channels = Channels()
    yield channels
    channels.release()


@pytest.fixture
def service(channels):
    """service(answer...): one that gives these answers, the last one again and again."""
    started = []

    def start(*answers):
        started.append(Service(*answers))
        return started[-1]

    yield start
    for one in started:
        one.close()


@pytest.fixture
def name(request):
    """A key name of this test's own, also where tests share one store."""
    return f"ncrypt-ext conformance {request.node.name[:150]} {os.getpid()}"


@pytest.fixture
def capi():
    capi = Capi()
    yield capi
    capi.release()


@pytest.fixture
def certificates(capi):
    """After it, so that no store is open when containers are deleted."""
    certificates = Certificates()
    yield certificates
    certificates.release()


@pytest.fixture
def container(request):
    """A container's name of this test's own."""
    return f"ncrypt-ext {request.node.name[:100]} {os.getpid()}"


@pytest.fixture(params=["RSA", "ECDSA_P256"])
def algorithm(request):
    """For what must hold for every key."""
    return request.param


@pytest.fixture
def key(api, algorithm):
    """A fresh ephemeral key: a small one, since making RSA keys takes long."""
    return api.make(algorithm, **small(algorithm))


@pytest.fixture
def other_process():
    """other_process("exists", name) and so on, done by another process: see child.py."""

    def run(*arguments):
        done = run_child("keys", *arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.strip()

    return run
