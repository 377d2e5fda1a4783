"""The pictures of a training, as batches in a rank's arrays."""

from __future__ import annotations

from engine.data.augmentation import Augmentation
from engine.data.dataset import Dataset, SplitName
from engine.data.loader import Loader
from engine.data.preparation import Preparation
from engine.data.preprocessing import Size
from engine.graph.settings import DataSettings
from engine.plan.types import TrainingPlan
from engine.runtime.device import Feedable
from engine.runtime.executor import Executor
from engine.training.feeder import Feeder


class TrainingData:
    """Batches of each split that has pictures, by ``loaders``; those to train on are augmented."""

    def __init__(
        self,
        dataset: Dataset,
        settings: DataSettings,
        size: Size,
        *,
        plan: TrainingPlan,
        executor: Executor,
        seed: int,
    ) -> None:
        """``size`` is that of the prepared pictures; order and augmentation follow from ``seed``."""
        self._feeder = Feeder(plan, executor.arrays, executor.rank)
        self.preparation = Preparation.fit(dataset, settings, size)
        augmentation = Augmentation.fit(dataset.split("train").pictures, settings)

        def loader(name: SplitName) -> Loader:
            return Loader(
                dataset.split(name),
                plan.batch_size,
                self.preparation.preprocessing,
                seed=seed,
                dtype=plan.dtype,
                augmentation=augmentation if name == "train" else None,
                rows=self._feeder.rows,
            )

        self.loaders = {
            name: self._feeder.attach(loader(name), executor.device)
            for name, split in dataset.splits.items()
            if len(split)
        }

    def feed(self, batch: Feedable) -> None:
        """Put a batch of a loader in place."""
        self._feeder.feed(batch)
