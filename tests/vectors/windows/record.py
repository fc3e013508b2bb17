# SPDX-License-Identifier: MIT
"""Asks this machine's key storage every question of questions.json and writes down the answers.

    python tests/vectors/windows/record.py ANSWERS.json

Nothing has to be installed on Windows; elsewhere it asks the portable engine, and under Wine Wine.
What others have observed (observed.json) is done as well, with a note whether it was so here. The
questions make keys whose names begin with "ncrypt-ext question" and delete them again. They are
asked in processes of their own: one that ends its process, or does not answer, costs that answer.
"""

import datetime
import json
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
if __name__ == "__main__":
    sys.path.append(str(ROOT))  # last, so that an installed package is the one that is asked

from tests.conformance import api as driver  # noqa: E402
from tests.vectors.windows import replay  # noqa: E402

SHOWN = 96  # bytes; of longer values the size is enough
FIXED = ("get", "query", "get_flags", "listed", "is_key", "decrypt")  # no randomness comes out
PATIENCE = 180  # seconds for one process
RECORDS = {"questions": "questions.json", "observed": "observed.json"}


def plain(step, result):
    """What came out, in JSON's terms."""
    if result is replay.NOTHING or "as" in step:
        return None
    if isinstance(result, bytes):
        fixed = next(iter(step)) in FIXED and len(result) <= SHOWN
        return {"hex": result.hex()} if fixed else {"size": len(result)}
    return result


def answer(run, step):
    entry = {"step": {name: value for name, value in step.items() if name not in replay.ANSWERS}}
    try:
        entry["status"], result = run.run(step)
    except KeyError as error:
        return {**entry, "status": f"not asked: an earlier step gave no {error}"}
    except Exception as error:
        return {**entry, "status": f"not asked: {type(error).__name__}: {error}"}
    shown = plain(step, result)
    return entry if shown is None else {**entry, "gives": shown}


def begin(record):
    """A driver, and a run of the record's steps that finds no key of an earlier run."""
    api = driver.Api()
    name = f"ncrypt-ext question {record['id']}"
    if sys.platform == "win32":
        api.remove_stored(name, 0)
    return api, replay.Replay(api, name)


def ask(record):
    """The answers to one question."""
    api, run = begin(record)
    answers = [answer(run, step) for step in record["steps"]]
    leave(api)
    return answers


def compare(record):
    """Whether it is as recorded; the first difference if not."""
    api, run = begin(record)
    try:
        for step in record["steps"]:
            run.check(step)
    except (AssertionError, KeyError) as difference:
        return f"differs: {difference}"
    finally:
        leave(api)
    return "as recorded"


def leave(api):
    """A refusal to release is no answer to a question; the names are what has to go."""
    try:
        api.release()
    except (AssertionError, driver.RefusedError) as error:
        print(f"after a question: {error}", file=sys.stderr)


def child(kind, start):
    """Works through the records from there on; a line of JSON for each, as soon as it is known."""
    work, records = {"questions": ask, "observed": compare}[kind], replay.load(RECORDS[kind])
    if start > 0:  # what the one before left behind, if it ended its process
        leave(begin(records[start - 1])[0])
    for record in records[start:]:
        print(json.dumps({"id": record["id"], "answer": work(record)}), flush=True)


def gather(kind):
    """Every record's answer: whoever ends its process is passed over by the next process."""
    records, found = replay.load(RECORDS[kind]), {}
    while len(found) < len(records):
        command = [sys.executable, __file__, "--child", kind, str(len(found))]
        try:
            done = subprocess.run(
                command, stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE
            )
            output, end = done.stdout, f"the process ended with code {done.returncode}"
        except subprocess.TimeoutExpired as slow:
            output, end = slow.stdout or b"", f"no answer within {PATIENCE} s"
        whole = output[: output.rfind(b"\n") + 1]  # it may have ended in the middle of a line
        for line in whole.decode("utf-8", "replace").splitlines():
            if line.startswith('{"id"'):
                one = json.loads(line)
                found[one["id"]] = one["answer"]
        if len(found) < len(records):
            found[records[len(found)]["id"]] = end
    return found


def system():
    """Which Windows this is: its build with the update's number."""
    facts = {"implementation": driver.IMPLEMENTATION, "python": platform.python_version()}
    facts["machine"] = platform.machine()
    if sys.platform == "win32":
        import winreg

        facts["build"] = ".".join(map(str, sys.getwindowsversion()[:3]))
        place = r"SOFTWARE\Microsoft\Windows NT\CurrentVersion"
        with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, place) as key:
            for name in ("ProductName", "DisplayVersion", "EditionID", "CurrentBuild", "UBR"):
                try:
                    facts[name] = winreg.QueryValueEx(key, name)[0]
                except OSError:
                    facts[name] = None
    return facts


def main(target):
    now = datetime.datetime.now(datetime.timezone.utc)
    with tempfile.TemporaryDirectory() as home:
        os.environ["NCRYPT_EXT_HOME"] = home  # for the engine: Windows keeps keys where it does
        answers, observed = gather("questions"), gather("observed")
    recording = {
        "format": 1,
        "date": now.strftime("%Y-%m-%d"),
        "system": system(),
        "questions": [
            {"id": one["id"], "question": one["question"], "answers": answers[one["id"]]}
            for one in replay.load("questions.json")
        ],
        "observed": observed,
    }
    Path(target).write_text(json.dumps(recording, indent=1) + "\n", "utf-8")
    agreed = sum(one == "as recorded" for one in observed.values())
    silent = [name for name, one in answers.items() if isinstance(one, str)]
    print(f"{len(answers)} questions asked, {len(silent)} without an answer: {silent}")
    print(f"{len(observed)} observations repeated, {agreed} as recorded")


if __name__ == "__main__":
    if sys.argv[1] == "--child":
        child(sys.argv[2], int(sys.argv[3]))
    else:
        main(sys.argv[1])
