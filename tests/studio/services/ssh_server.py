"""A computer to log in to: a local sshd of the tests' own, with keys, ports and folders of its own."""

from __future__ import annotations

import getpass
import os
import random
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.studio.compiled import COMPILED

SSHD = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
"""The server's program; None where there is none."""

IS_POSSIBLE = SSHD is not None and shutil.which("ssh") is not None and shutil.which("ssh-keygen") is not None


@dataclass
class SshServer:
    """``home`` is the engines' side of it, ``options`` are for ssh on the studio's."""

    home: Path
    folder: Path
    port: int
    process: subprocess.Popen[bytes]

    @property
    def options(self) -> tuple[str, ...]:
        """What makes ssh find this server under the name "computer"."""
        return ("-F", str(self.folder / "ssh_config"))

    @property
    def program(self) -> str:
        """The program to be started there."""
        return str(Path(sys.executable).with_name("convnet"))

    def cut(self) -> None:
        """Cut all lines, and let nobody in."""
        server = psutil.Process(self.process.pid)
        for process in (*server.children(recursive=True), server):
            # What a login started lives on, if it means to: only the server's own processes go.
            if process.is_running() and process.name().startswith("sshd"):
                process.kill()
        self.process.wait()

    def start(self) -> None:
        """Let people in."""
        assert SSHD is not None
        # sshd wants to be called by its full path.
        self.process = subprocess.Popen(
            [SSHD, "-D", "-e", "-f", str(self.folder / "sshd_config")],
            stderr=(self.folder / "sshd.log").open("ab"),
        )
        deadline = time.monotonic() + 60
        while True:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            assert self.process.poll() is None, (self.folder / "sshd.log").read_text()
            assert time.monotonic() < deadline
            time.sleep(0.02)


def free_port() -> int:
    """Return a port of loopback where nobody listens, of those that the system gives to nobody by itself."""
    while True:
        port = random.SystemRandom().randrange(10_000, 30_000)
        with socket.socket() as free, suppress(OSError):
            free.bind(("127.0.0.1", port))
            return port


@contextmanager
def ssh_server(folder: Path) -> Iterator[SshServer]:
    """Start a server in an empty folder; end it."""
    home = folder / "there"
    home.mkdir(parents=True)
    for name in ("host_key", "user_key"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / name], check=True)
    shutil.copy(folder / "user_key.pub", folder / "authorized_keys")
    port = free_port()
    host_key = (folder / "host_key.pub").read_text()
    (folder / "known_hosts").write_text(f"[127.0.0.1]:{port} {host_key}")
    environment = {
        "CONVNET_RUNS": home / "runs",
        "CONVNET_DATA": home / "data",
        "XDG_STATE_HOME": home / "state",
        "XDG_CACHE_HOME": home / "cache",
        **COMPILED,
    }
    (folder / "sshd_config").write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {folder}/host_key\nPidFile none\nUsePAM no\n"
        f"AuthorizedKeysFile {folder}/authorized_keys\nStrictModes no\nPasswordAuthentication no\n"
        f"PermitRootLogin yes\nSetEnv {' '.join(f'{name}={value}' for name, value in environment.items())}\n"
    )
    (folder / "ssh_config").write_text(
        f"Host computer stranger\n  HostName 127.0.0.1\n  Port {port}\n  User {getpass.getuser()}\n"
        f"  IdentitiesOnly yes\n  IdentityAgent none\n  UserKnownHostsFile {folder}/known_hosts\n"
        f"  GlobalKnownHostsFile none\n  StrictHostKeyChecking yes\n"
        f"Host computer\n  IdentityFile {folder}/user_key\nHost stranger\n  IdentityFile {folder}/host_key\n"
    )
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    server = SshServer(home, folder, port, subprocess.Popen(["true"]))
    server.start()
    try:
        yield server
    finally:
        server.cut()
