"""An engine's ports, led here through ssh; made anew, at the same places, whenever the connection is lost."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import ExitStack, suppress
from typing import Final

import msgspec

from engine.errors import ComputerError
from engine.protocol.connection import Connection
from engine.words import Words
from studio.services.ssh import Address, Ssh, explain

OPENING: Final = 20.0
"""Seconds that ssh may take to log in and to listen here."""

_TRY_EVERY: Final = 2.0  # s, when the connection was lost


class Tunnel:
    """Leads to the engine of ``connection``; ``local`` is its connection as seen from here.

    Whoever else of this computer reaches the ports lacks the engine's keys.
    """

    def __init__(self, ssh: Ssh, address: Address, connection: Connection) -> None:
        here = _free_ports(2)
        # Two computers may have one name; whoever comes through a tunnel is not here.
        self.local = msgspec.structs.replace(
            connection, host=address.text, control_port=here[0], bulk_port=here[1]
        )
        self._ssh, self._address = ssh, address
        self._ports = {here[0]: connection.control_port, here[1]: connection.bulk_port}
        self._closing = threading.Event()
        self._process = ssh.forward(address, self._ports)
        try:
            self._await_listening()
        except BaseException:
            with self._process as failed:  # closes its pipes, and waits for its end
                failed.kill()
            raise
        self._keeper = threading.Thread(target=self._keep, name=f"tunnel to {address.text}", daemon=True)
        self._keeper.start()

    def close(self) -> None:
        """Let go of the ports."""
        self._closing.set()
        self._process.kill()
        self._keeper.join()

    def _await_listening(self) -> None:
        deadline = time.monotonic() + OPENING
        while not all(_is_open(port) for port in self._ports):
            if self._process.poll() is not None:
                assert self._process.stderr is not None
                raise explain(self._address, self._process.stderr.read().decode(errors="replace"))
            if time.monotonic() > deadline:
                raise ComputerError(
                    computer=self._address.text,
                    reason=Words(
                        "ssh did not forward the engine's ports within {seconds} s.", seconds=f"{OPENING:g}"
                    ),
                    hint="See that the ssh server there allows forwarding.",
                )
            time.sleep(0.05)

    def _keep(self) -> None:
        self._drain()
        while not self._closing.wait(_TRY_EVERY):
            with suppress(ComputerError):  # there may be room for another process the next time
                self._process = self._ssh.forward(self._address, self._ports)
                if self._closing.is_set():
                    self._process.kill()
                self._drain()

    def _drain(self) -> None:
        """Wait for ssh's end; its standard input stays open until then."""
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        assert self._process.stdin is not None
        with self._process.stdin, self._process.stdout, self._process.stderr as stream:
            stream.read()
            self._process.wait()


def _free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def _is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
