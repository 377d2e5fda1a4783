"""The system's ssh: command lines that start ``convnet serve`` elsewhere, and forward an engine's ports.

Who may log in, and by which keys, is for ssh and its own settings to say; no password is asked for. No key of
an engine is on a command line.
"""

from __future__ import annotations

import re
import shlex
import subprocess
from dataclasses import dataclass
from typing import Final

from engine.errors import ComputerError
from engine.words import Words

PROGRAM: Final = "convnet"
"""The program on the other computer, where its name alone finds it."""

_NAME = re.compile(
    r"(?:[A-Za-z0-9_][\w.-]*@)?[A-Za-z0-9_][\w.-]*|(?:[A-Za-z0-9_][\w.-]*@)?[0-9A-Fa-f:]*:[0-9A-Fa-f:]+"
)

_OPTIONS: Final = (
    "-T",
    *("-o", "BatchMode=yes"),
    *("-o", "ConnectTimeout=10"),
    # A line that is cut is noticed within 15 s.
    *("-o", "ServerAliveInterval=5"),
    *("-o", "ServerAliveCountMax=3"),
    *("-o", "ForwardAgent=no"),
    *("-o", "ForwardX11=no"),
)

_HINTS: Final = {
    "Permission denied": "Let your key in there: ssh-copy-id {address}",
    "Host key verification failed": "Log in once in a terminal, and compare the key: ssh {address}",
    "REMOTE HOST IDENTIFICATION": "Another computer answers under this name; ask who runs it.",
    "Could not resolve": "Correct the name of the computer.",
    "not known": "Correct the name of the computer.",
    "not found": "Install ConvNet Studio there, or say where its convnet is.",
    "No such file": "Install ConvNet Studio there, or say where its convnet is.",
    "Connection refused": "Start the ssh server there.",
    "timed out": "See that the computer is on, and that the network leads there.",
    "No route to host": "See that the computer is on, and that the network leads there.",
}
"""What ssh says, and what then to do."""


@dataclass(frozen=True)
class Address:
    """Where ssh logs in, ``user@host`` or a name of its settings, and the program there."""

    text: str
    program: str = PROGRAM

    @classmethod
    def parse(cls, text: str, program: str = "") -> Address:
        """Check what a person wrote; raises ComputerError."""
        if not _NAME.fullmatch(text.strip()):
            raise ComputerError(
                computer=text.strip() or Words("The computer"),
                reason="expected user@host, or a name from your ssh settings.",
                hint="For another port or key, give the computer a name in ~/.ssh/config.",
            )
        return cls(text.strip(), program.strip() or PROGRAM)


@dataclass(frozen=True)
class Ssh:
    """``options`` come before all others, such as ("-F", "path of other settings")."""

    options: tuple[str, ...] = ()

    def serve(self, address: Address) -> subprocess.Popen[bytes]:
        """Start ``convnet serve`` there; raises ComputerError without ssh."""
        return self._start(address, f"{shlex.quote(address.program)} serve")

    def forward(self, address: Address, ports: dict[int, int]) -> subprocess.Popen[bytes]:
        """Lead ports of this computer's loopback to the other's; raises ComputerError without ssh.

        It ends with its standard input, and so with this program, however that ends.
        """
        lines = [("-L", f"127.0.0.1:{here}:127.0.0.1:{there}") for here, there in ports.items()]
        flat = [word for line in lines for word in line]
        return self._start(address, "cat", "-o", "ExitOnForwardFailure=yes", *flat)

    def _start(self, address: Address, command: str, *more: str) -> subprocess.Popen[bytes]:
        words = ["ssh", *self.options, *_OPTIONS, *more, "--", address.text, command]
        try:
            return subprocess.Popen(
                words,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                # Ctrl+C in the studio's terminal is not for ssh.
                start_new_session=True,
            )
        except OSError as error:
            raise ComputerError(
                computer=address.text,
                reason=Words("ssh cannot be started ({reason}).", reason=error.strerror or error),
                hint="Install OpenSSH's client.",
            ) from error


def explain(address: Address, said: str) -> ComputerError:
    """Return the error of what ssh said before it ended."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    reason = f"{lines[-1].rstrip('.')}." if lines else "the connection was closed."
    sign = next((sign for sign in _HINTS if sign in said), "")
    hint = Words(_HINTS[sign] if sign else "Try again.", address=address.text)
    return ComputerError(computer=address.text, reason=reason, hint=hint)
