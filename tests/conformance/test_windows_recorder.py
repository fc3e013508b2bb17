# SPDX-License-Identifier: MIT
"""The recorder for real Windows (tests/vectors/windows/record.py), run on whatever is here."""

import datetime
import json
import os
import subprocess
import sys

import pytest

from ..vectors.windows import record, replay
from .api import IMPLEMENTATION

QUESTIONS = replay.load("questions.json")
OBSERVED = replay.load("observed.json")


@pytest.fixture(scope="module")
def recording(tmp_path_factory):
    target = tmp_path_factory.mktemp("recording") / "answers.json"
    done = subprocess.run(
        [sys.executable, record.__file__, str(target)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=500,
        env=dict(os.environ, PYTHONPATH=os.pathsep.join(filter(None, sys.path))),
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(target.read_text("utf-8"))


def test_says_where_and_when(recording):
    assert recording["system"]["implementation"] == IMPLEMENTATION
    assert ("build" in recording["system"]) == (sys.platform == "win32")
    datetime.date.fromisoformat(recording["date"])


def test_every_question_is_answered(recording):
    assert [one["id"] for one in recording["questions"]] == [one["id"] for one in QUESTIONS]
    statuses = set()
    for one, question in zip(recording["questions"], QUESTIONS, strict=True):
        if IMPLEMENTATION == "wine" and isinstance(one["answers"], str):
            continue  # a stub ended the process, which is an answer
        assert len(one["answers"]) == len(question["steps"]), one["id"]
        for answer in one["answers"]:
            reason = "not asked: an earlier step gave no"
            assert answer["status"].startswith(("NTE_", "ERROR_", "0x", reason)), answer
            statuses.add(answer["status"])
    assert {"ERROR_SUCCESS", "NTE_INVALID_PARAMETER", "NTE_NOT_SUPPORTED"} <= statuses


def test_observations_are_repeated(recording):
    assert list(recording["observed"]) == [one["id"] for one in OBSERVED]
    if IMPLEMENTATION == "engine":
        for one in OBSERVED:
            expected = "differs" if "engine" in one.get("differs", {}) else "as recorded"
            assert recording["observed"][one["id"]].startswith(expected), one["id"]


def test_a_question_that_ends_its_process_is_passed_over(monkeypatch, tmp_path):
    """The others are still asked, by the next process."""
    program = tmp_path / "child.py"
    program.write_text(
        "import json, os, sys\n"
        f"sys.path[:0] = {sys.path!r}\n"
        "records = json.loads(open(sys.argv[4]).read())\n"
        "for one in records[int(sys.argv[3]):]:\n"
        "    if one['id'] == 'bad':\n"
        '        os.write(1, b\'{"id": "bad", "ans\')\n'
        "        os._exit(7)\n"
        "    print(json.dumps({'id': one['id'], 'answer': []}), flush=True)\n"
    )
    ids = [{"id": name} for name in ("first", "bad", "last")]
    (tmp_path / "records.json").write_text(json.dumps(ids))
    monkeypatch.setattr(record.replay, "load", lambda name: ids)
    real = subprocess.run

    def run(command, **options):
        return real([sys.executable, program, *command[2:], tmp_path / "records.json"], **options)

    monkeypatch.setattr(record.subprocess, "run", run)
    assert record.gather("questions") == {
        "first": [],
        "bad": "the process ended with code 7",
        "last": [],
    }
