# SPDX-License-Identifier: MIT
"""fork() between the hooks of others."""

import os

import pytest

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork() here")

PROGRAM = """
import os, threading, time, warnings
warnings.simplefilter("ignore", DeprecationWarning)

def others_run():
    time.sleep(0.02)

# Registered first, so that before fork() it comes last: every other thread gets its turn.
os.register_at_fork(before=others_run, after_in_parent=others_run)
import ncrypt_ext as nc

stop = False

def work():
    while not stop:
        nc.Provider().create_key("ECDSA_P256")  # dropped, both of them

thread = threading.Thread(target=work)
thread.start()
for _ in range(10):
    child = os.fork()
    if child == 0:
        nc.Provider().create_key("ECDSA_P256").sign(b"d" * 32)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
stop = True
thread.join()
print(set(nc.live_handles()["binding"].values()))
"""


def test_handles_are_dropped_while_the_hooks_of_others_run(run_python):
    """Nothing may be locked meanwhile that a thread with the GIL waits for."""
    printed = run_python(PROGRAM, timeout=60)
    assert printed == "{0}\n"


SECRETS = """
import os, sys, threading, warnings
warnings.simplefilter("ignore", DeprecationWarning)
import ncrypt_ext as nc

sys.setswitchinterval(1e-5)
stop = False
key = nc.Provider().create_key("ECDH_P256")
secrets = [key.agree(key) for _ in range(6)]

def work(index):
    while not stop:
        secrets[index] = key.agree(key)
        secrets[index].derive("HKDF", 16, salt=b"salt", info=b"one")

threads = [threading.Thread(target=work, args=(index,)) for index in range(len(secrets))]
for thread in threads:
    thread.start()
for _ in range(50):
    child = os.fork()
    if child == 0:
        for secret in secrets:
            secret.derive("HKDF", 16, salt=b"salt", info=b"two")
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
stop = True
for thread in threads:
    thread.join()
print("good")
"""


def test_secrets_are_used_by_other_threads(run_python):
    """HKDF's first step is done once for a secret: the child has to know whether it was."""
    assert run_python(SECRETS, timeout=60) == "good\n"
