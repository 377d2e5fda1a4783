"""Puts a trainer that does as it is told into each training process of the tests; found by PYTHONPATH."""

import sys
import types


def _train(network, base, run, **options):  # type: ignore[no-untyped-def]
    import fake_trainer

    return fake_trainer.train(run, options["observer"], options["checkpoint"], options["team"])


_module = types.ModuleType("engine.training.run")
_module.train = _train  # type: ignore[attr-defined]
sys.modules[_module.__name__] = _module
