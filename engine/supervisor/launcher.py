"""The command that starts the training process, or one for each of several devices."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path

from msgspec.structs import replace

from engine.errors import DeviceError
from engine.parallel.devices import device_names
from engine.protocol.messages import Site
from engine.words import Words

_THREADS = ("CONVNET_THREADS", "OPENBLAS_NUM_THREADS")
_UNBOUND = dict.fromkeys(
    ("OMPI_MCA_hwloc_base_binding_policy", "PRTE_MCA_hwloc_default_binding_policy"), "none"
)
"""Open MPI, before version 5 and from then on, would bind each rank with all its threads to one core."""


def worker_command(site: Site, *of_ranks: str) -> list[str]:
    """Return the command for the devices of a site; raises DeviceError where MPI is missing for several."""
    return launch_command(site, "engine.worker", *of_ranks)


def launch_command(site: Site, module: str, *of_ranks: str) -> list[str]:
    """Return the command that runs a module on a site's devices.

    Where there are several, with ``--ranks`` and what follows it. Raises DeviceError where MPI is missing for
    several.
    """
    python = [sys.executable, "-P", "-X", "faulthandler", "-m"]
    devices = device_names(site.device)
    if len(devices) == 1:
        return [*python, module]
    launched = [*python, "mpi4py", "-m", module, "--ranks", *of_ranks]
    return [*_launcher(site), "-n", str(len(devices)), *launched]


def worker_environment(site: Site) -> dict[str, str]:
    """Return the environment for the devices of a site: ranks on the CPU share out its cores.

    What the user has set stays as it is.
    """
    devices = device_names(site.device)
    if len(devices) == 1:
        return dict(os.environ)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    own = dict.fromkeys(_THREADS, str(max(1, cores // len(devices)))) if devices[0] == "cpu" else {}
    return _UNBOUND | own | dict(os.environ)


def launch_error(site: Site, reason: str, log: str) -> DeviceError:
    """Return the error of a launcher that gave up before a process was heard; ``log`` is what it wrote."""
    missing = Words("it could not start the training's processes ({reason})", reason=reason)
    return _unusable(replace(site, launcher=site.launcher or "mpiexec"), missing, log)


def _launcher(site: Site) -> list[str]:
    if find_spec("mpi4py") is None:
        raise _missing(site, "mpi4py is not installed, by which several processes train together")
    if site.launcher:
        return _of_user(site)
    found = _find("mpiexec")
    if found is None:
        raise _missing(site, "there is no mpiexec, which starts a process for each device")
    return [found]


def _of_user(site: Site) -> list[str]:
    try:
        command = shlex.split(site.launcher)
    except ValueError as error:  # a quote that is not closed
        raise _unusable(site, str(error)) from error
    found = _find(command[0]) if command else None
    if found is None:
        raise _unusable(site, "there is no such command")
    return [found, *command[1:]]


def _find(command: str) -> str | None:
    # What came with the extra "mpi" lies beside Python.
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", "")))
    return shutil.which(command, path=path)


def _unusable(site: Site, missing: str, log: str = "") -> DeviceError:
    hint = 'Name what starts processes here, such as mpiexec or srun, as in --mpi "mpiexec -f HOSTS".'
    return DeviceError(device=site.launcher, missing=missing, hint=Words("{hint}{log}", hint=hint, log=log))


def _missing(site: Site, missing: str) -> DeviceError:
    return DeviceError(
        device=site.device,
        missing=missing,
        hint='Install the extra "mpi" (pip install "convnet-studio[mpi]"), or train on one device.',
    )
