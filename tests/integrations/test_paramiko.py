# SPDX-License-Identifier: MIT
"""paramiko logs in with stored keys, and serves with them: both ends of a pair of sockets."""

import io
import pickle
import shutil
import socket
import subprocess
import threading

import pytest

pytest.importorskip("paramiko", reason="paramiko is not installed: it is in the group recipes")

import paramiko

import ncrypt_ext as nc
from ncrypt_ext.integrations.paramiko_keys import stored_key


@pytest.fixture(params=["RSA", "P256", "P384", "P521"])
def key(request, provider, rsa_blob):
    if request.param == "RSA":
        native = provider.import_key(rsa_blob, "RSAFULLPRIVATEBLOB", name="ssh")
    else:
        native = provider.create_key(f"ECDSA_{request.param}", "ssh")
    with native:
        key = stored_key(native)
    yield key
    key.close()


@pytest.fixture(scope="module")
def plain():
    return paramiko.ECDSAKey.generate()


class Server(paramiko.ServerInterface):
    def __init__(self, allowed):
        self.allowed, self.algorithms = allowed, []

    def get_allowed_auths(self, username):
        return "publickey"

    def check_auth_publickey(self, username, key):
        return paramiko.AUTH_SUCCESSFUL if key == self.allowed else paramiko.AUTH_FAILED

    def check_channel_request(self, kind, channel_id):
        return paramiko.OPEN_SUCCEEDED

    def check_channel_exec_request(self, channel, command):
        channel.sendall(command + b"!")
        channel.send_exit_status(0)
        channel.shutdown_write()
        return True


def ask(host_key, client_key, allowed, disabled=None, server_kind=Server):
    """What the server answers to a client that knows the host key."""
    ours, theirs = socket.socketpair()
    server = paramiko.Transport(theirs)
    client = paramiko.Transport(ours, disabled_algorithms=disabled)
    try:
        server.add_server_key(host_key)
        server.start_server(event=threading.Event(), server=server_kind(allowed))
        known = paramiko.PKey.from_type_string(host_key.get_name(), host_key.asbytes())
        client.connect(hostkey=known, username="someone", pkey=client_key)
        channel = client.open_session()
        channel.exec_command("hello")
        return channel.makefile("rb").read()
    finally:
        for transport in (client, server):
            transport.close()
            transport.join()


def public(key):
    return paramiko.PKey.from_type_string(key.get_name(), key.asbytes())


def test_client_key(key, plain):
    assert key.can_sign()
    assert ask(plain, key, public(key)) == b"hello!"


def test_host_key(key, plain):
    assert ask(key, plain, plain) == b"hello!"


def test_other_key_does_not_get_in(key, plain):
    with pytest.raises(paramiko.AuthenticationException):
        ask(plain, key, plain)


@pytest.mark.parametrize("algorithm", ["rsa-sha2-256", "rsa-sha2-512"])
def test_rsa_algorithms(provider, rsa_blob, plain, algorithm):
    (other,) = {"rsa-sha2-256", "rsa-sha2-512"} - {algorithm}
    with provider.import_key(rsa_blob, "RSAFULLPRIVATEBLOB") as native:
        key = stored_key(native)
    assert ask(plain, key, public(key), {"pubkeys": [other]}) == b"hello!"
    message = key.sign_ssh_data(b"data", algorithm)
    message.rewind()
    assert public(key).verify_ssh_sig(b"data", message)


def test_equal_to_its_public_half(key):
    assert public(key) == key
    assert public(key).fingerprint == key.fingerprint
    assert public(key).get_bits() == key.get_bits()


def test_the_private_key_is_not_written(key, tmp_path):
    """Nor is a file that is there emptied for it."""
    file = tmp_path / "key"
    file.write_text("another one")
    with pytest.raises(nc.NotSupportedError, match="stays in its key store"):
        key.write_private_key_file(str(file), password="secret")
    assert file.read_text() == "another one"
    content = io.StringIO()
    with pytest.raises(nc.NotSupportedError, match="stays in its key store"):
        key.write_private_key(content)
    assert content.getvalue() == ""
    with pytest.raises(TypeError, match=r"cannot (be )?pickle"):
        pickle.dumps(key)


def test_no_sha1(provider, rsa_blob):
    """Asked for, or by default as paramiko had it before 5."""
    with provider.import_key(rsa_blob, "RSAFULLPRIVATEBLOB") as native:
        key = stored_key(native)
    assert not any(name.startswith("ssh-rsa") for name in key.HASHES)
    for algorithm in ("ssh-rsa", "ssh-rsa-cert-v01@openssh.com", "ecdsa-sha2-nistp256"):
        with pytest.raises(ValueError, match=algorithm):
            key.sign_ssh_data(b"data", algorithm)
    message = key.sign_ssh_data(b"data")
    message.rewind()
    assert message.get_text() == "rsa-sha2-512"


def test_certificate(key, plain, tmp_path):
    """As docs/howto/ssh.md has it; made by the command, and presented by the client."""
    if shutil.which("ssh-keygen") is None:
        pytest.skip("the command is not installed")
    (tmp_path / "key.pub").write_text(f"{key.get_name()} {key.get_base64()}\n")
    for command in ("-q -t ed25519 -N  -f ca", "-q -s ca -I someone -n someone key.pub"):
        subprocess.run(["ssh-keygen", *command.split(" ")], cwd=tmp_path, check=True)
    key.load_certificate(str(tmp_path / "key-cert.pub"))
    seen = []

    class Authority(Server):
        def check_auth_publickey(self, username, key):
            seen.append(key.public_blob.key_type)
            return super().check_auth_publickey(username, key)

    assert ask(plain, key, public(key), server_kind=Authority) == b"hello!"
    assert seen
    assert all(kind.endswith("-cert-v01@openssh.com") for kind in seen)


def test_closed_keys_say_so(key, plain):
    allowed = public(key)
    key.close()
    with pytest.raises(nc.ClosedHandleError):
        ask(plain, key, allowed)
    # The server's key: its client learns no more than that it is gone.
    with pytest.raises((EOFError, paramiko.SSHException)):
        ask(key, plain, plain)
