# SPDX-License-Identifier: MIT
"""asyncssh logs in with stored keys, and serves with them: both ends run here, over loopback."""

import asyncio
import copy
import pickle
import shutil
import threading
from contextlib import asynccontextmanager

import pytest

pytest.importorskip("asyncssh", reason="asyncssh is not installed: it is in the group recipes")

import asyncssh

import ncrypt_ext as nc
from ncrypt_ext.integrations.asyncssh_keys import StoredKeyPair


def stored_pair(provider, rsa_blob, name, algorithm, **options):
    if algorithm == "RSA":
        key = provider.import_key(rsa_blob, "RSAFULLPRIVATEBLOB", name=name)
    else:
        key = provider.create_key(f"ECDSA_{algorithm}", name)
    with key:
        return StoredKeyPair(key, **options)


@pytest.fixture(params=["RSA", "P256", "P384", "P521"])
def pair(request, provider, rsa_blob):
    pair = stored_pair(provider, rsa_blob, "ssh", request.param)
    yield pair
    pair.close()


@pytest.fixture
def rsa_pair(provider, rsa_blob):
    pair = stored_pair(provider, rsa_blob, "ssh", "RSA")
    yield pair
    pair.close()


@pytest.fixture(scope="module")
def plain():
    return asyncssh.generate_private_key("ecdsa-sha2-nistp256")


def public(pair):
    return asyncssh.import_public_key(pair.public_line)


def authorized(*keys, options=""):
    lines = (options + key.export_public_key().decode() for key in keys)
    return asyncssh.import_authorized_keys("".join(lines))


async def echo(process):
    process.stdout.write(f"{process.command}!")
    process.exit(0)


@asynccontextmanager
async def serving(host_key, allowed, **options):
    server = await asyncssh.listen(
        "127.0.0.1",
        0,
        server_host_keys=[host_key],
        authorized_client_keys=allowed,
        process_factory=echo,
        **options,
    )
    async with server:
        yield server.get_port()


async def ask(port, client_key, known, **options):
    """What the server answers, and the host key's algorithm that was agreed upon."""
    async with asyncssh.connect(
        "127.0.0.1",
        port,
        username="someone",
        client_keys=[client_key],
        known_hosts=known,
        config=None,
        agent_path=None,
        **options,
    ) as connection:
        answer = (await connection.run("hello", check=True)).stdout
        return answer, connection.get_server_host_key()


def both(host_key, client_key, known, allowed, server_options=None, **client_options):
    async def run():
        async with serving(host_key, allowed, **(server_options or {})) as port:
            return await ask(port, client_key, known, **client_options)

    return asyncio.run(run())


def known(key):
    return [key.convert_to_public()], [], []


def test_client_key(pair, plain):
    answer, _ = both(plain, pair, known(plain), authorized(public(pair)))
    assert answer == "hello!"


def test_host_key(pair, plain):
    answer, host = both(pair, plain, known(public(pair)), authorized(plain))
    assert answer == "hello!"
    assert host.public_data == pair.public_data


@pytest.mark.skipif(shutil.which("ssh") is None, reason="the command is not installed")
def test_host_key_for_openssh(pair, plain, tmp_path):
    plain.write_private_key(tmp_path / "key")
    (tmp_path / "key").chmod(0o600)

    async def run():
        async with serving(pair, authorized(plain)) as port:
            (tmp_path / "known").write_text(f"[127.0.0.1]:{port} {pair.public_line}\n")
            options = {
                "UserKnownHostsFile": "known",
                "GlobalKnownHostsFile": "/dev/null",
                "StrictHostKeyChecking": "yes",
                "BatchMode": "yes",
                "IdentitiesOnly": "yes",
                "IdentityAgent": "none",
            }
            arguments = [f"-o{name}={value}" for name, value in options.items()]
            where = ["-F", "none", "-i", "key", "-p", str(port), "someone@127.0.0.1"]
            ssh = await asyncio.create_subprocess_exec(
                "ssh", *arguments, *where, "hello", cwd=tmp_path, stdout=-1, stderr=-1
            )
            return await ssh.communicate()

    answer, errors = asyncio.run(run())
    assert (answer, errors) == (b"hello!", b"")


def test_other_key_does_not_get_in(pair, plain):
    with pytest.raises(asyncssh.PermissionDenied):
        both(plain, pair, known(plain), authorized(plain))


def test_client_signs_in_a_thread_of_its_own(pair, plain, monkeypatch):
    threads = []
    sign = StoredKeyPair.sign
    monkeypatch.setattr(
        StoredKeyPair, "sign", lambda *a: threads.append(threading.current_thread()) or sign(*a)
    )
    both(plain, pair, known(plain), authorized(public(pair)))
    assert threads
    assert threading.main_thread() not in threads


@pytest.mark.parametrize("algorithm", ["rsa-sha2-256", "rsa-sha2-512"])
def test_rsa_algorithms(rsa_pair, plain, algorithm):
    answer, _ = both(
        plain,
        rsa_pair,
        known(plain),
        authorized(public(rsa_pair)),
        {"signature_algs": [algorithm]},
        signature_algs=[algorithm],
    )
    assert answer == "hello!"
    assert rsa_pair.sig_algorithm == algorithm.encode()


def test_sha1_is_refused(rsa_pair, plain):
    sha1 = {"signature_algs": ["ssh-rsa"]}
    with pytest.raises(asyncssh.PermissionDenied):
        both(plain, rsa_pair, known(plain), authorized(public(rsa_pair)), sha1, **sha1)
    with pytest.raises(asyncssh.KeyExchangeFailed):
        both(
            rsa_pair,
            plain,
            known(public(rsa_pair)),
            authorized(plain),
            server_host_key_algs=["ssh-rsa"],
        )
    rsa_pair.set_sig_algorithm(b"ssh-rsa")
    with pytest.raises(ValueError, match="ssh-rsa"):
        rsa_pair.sign(b"data")


def test_user_certificate(pair, plain):
    authority = asyncssh.generate_private_key("ssh-ed25519")
    certificate = authority.generate_user_certificate(
        public(pair), "someone's", principals=["someone"]
    )
    allowed = authorized(authority, options="cert-authority ")
    with pytest.raises(asyncssh.PermissionDenied):
        both(plain, pair, known(plain), allowed)
    answer, _ = both(plain, (pair, certificate), known(plain), allowed)
    assert answer == "hello!"
    assert pair.has_cert


def test_host_certificate(pair, plain):
    authority = asyncssh.generate_private_key("ssh-ed25519")
    certificate = authority.generate_host_certificate(
        public(pair), "here", principals=["127.0.0.1"]
    )
    pair.set_certificate(certificate)
    assert not any(each.startswith(b"ssh-rsa") for each in pair.host_key_algorithms)
    answer, _ = both(pair, plain, ([], [authority.convert_to_public()], []), authorized(plain))
    assert answer == "hello!"


def test_nothing_is_given_to_an_agent(pair):
    with pytest.raises(asyncssh.KeyImportError):
        pair.get_agent_private_key()
    assert pair.get_comment() == "ssh"
    assert pair.get_key_type() == "stored"


def test_closed_pairs_do_not_sign(pair, plain):
    """It says so, too: asyncssh hides each ValueError, which a ClosedHandleError is."""
    allowed = authorized(public(pair))
    pair.close()
    with pytest.raises(nc.InvalidHandleError, match="closed"):
        pair.sign(b"data")
    with pytest.raises(nc.InvalidHandleError, match="closed"):
        both(plain, pair, known(plain), allowed)


def test_server_outlives_its_key(pair, plain):
    """Connections that are there go on, new ones fail, and the server stays."""
    other = known(public(pair))

    async def run():
        async with serving(pair, authorized(plain)) as port:
            options = {"username": "someone", "client_keys": [plain], "known_hosts": other}
            async with asyncssh.connect("127.0.0.1", port, config=None, **options) as connection:
                pair.close()
                assert (await connection.run("hello", check=True)).stdout == "hello!"
            for _ in range(2):
                with pytest.raises(asyncssh.ConnectionLost):
                    await ask(port, plain, other)

    asyncio.run(run())


def test_login_that_is_given_up_while_it_signs(pair, plain, monkeypatch):
    """The thread that signs goes on without the pair, which has been closed."""
    signing, closed, ended = threading.Event(), threading.Event(), threading.Event()
    sign, caught = StoredKeyPair.sign, []

    def slow(self, data):
        signing.set()
        try:
            assert closed.wait(30)
            return sign(self, data)
        except nc.NCryptError as error:
            caught.append(type(error))
            raise
        finally:
            ended.set()

    async def run():
        async with serving(plain, authorized(public(pair))) as port:
            login = asyncio.ensure_future(ask(port, pair, known(plain)))
            assert await asyncio.to_thread(signing.wait, 30)
            login.cancel()
            with pytest.raises(asyncio.CancelledError):
                await login
            pair.close()
            closed.set()
            assert await asyncio.to_thread(ended.wait, 30)

    monkeypatch.setattr(StoredKeyPair, "sign", slow)
    asyncio.run(run())
    assert caught == [nc.InvalidHandleError]


def test_label_of_another_algorithm(pair):
    for other in (b"ssh-rsa", b"ssh-ed25519", b"ecdsa-sha2-nistp224"):
        pair.set_sig_algorithm(other)
        with pytest.raises(ValueError, match=other.decode()):
            pair.sign(b"data")


def test_certificate_of_another_key_or_form(pair, plain, monkeypatch):
    authority = asyncssh.generate_private_key("ssh-ed25519")
    other = authority.generate_user_certificate(plain, "someone's", principals=["someone"])
    own = authority.generate_user_certificate(public(pair), "someone's", principals=["someone"])
    before = pair.algorithm, pair.sig_algorithms, pair.public_data
    with pytest.raises(ValueError, match="mismatch"):
        pair.set_certificate(other)
    monkeypatch.setattr(own, "is_x509_chain", True)  # what pyOpenSSL would be needed for
    with pytest.raises(ValueError, match=r"X\.509"):
        pair.set_certificate(own)
    assert (pair.algorithm, pair.sig_algorithms, pair.public_data) == before
    assert not pair.has_cert


def test_no_handle_stays_behind_after_an_error(ec_key):
    """Not even as long as the exception lives."""
    before = nc.live_handles()
    with pytest.raises(UnicodeEncodeError) as caught:
        StoredKeyPair(ec_key, comment="\udc80")
    assert nc.live_handles() == before, caught


def test_no_form_holds_the_private_key(pair):
    assert copy.copy(pair).sign(b"data")
    with pytest.raises(TypeError, match="cannot be pickled"):
        pickle.dumps(pair)
