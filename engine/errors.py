"""Every error that the engine raises on purpose.

::

    ConvNetError
    ├── NetworkError              one problem of a network, at named layers
    │   ├── CycleError
    │   ├── MissingInputError
    │   ├── TooManyInputsError
    │   ├── ShapeMismatchError
    │   ├── NotProbabilitiesError
    │   ├── WeightSourceError
    │   ├── DataMismatchError
    │   ├── NoGradientError
    │   ├── UnknownLayerError
    │   ├── UnknownFieldError
    │   ├── FieldError            a field's value is of the wrong type or out of range
    │   ├── UnusedLayerError
    │   ├── DuplicateNameError
    │   └── IncompleteNetworkError
    ├── ManyProblemsError         of one thing, told at once
    │   ├── InvalidNetworkError   of a network
    │   └── InvalidFileError      of files of another program
    ├── FileFormatError           a network file that cannot be read
    │   └── NewerVersionError
    ├── FileWriteError            a network file that cannot be written
    ├── DataError
    │   └── DataNotFoundError
    ├── DeviceError               a device that is not there, or lacks something
    ├── PlanError
    │   └── SplitError
    ├── RunFolderError
    │   ├── RunFolderInUseError
    │   └── RunFolderUnwritableError
    ├── CheckpointError
    ├── ProtocolError             a message that does not keep to the protocol
    │   ├── VersionMismatchError
    │   ├── NoAnswerError
    │   ├── RunEndedError
    │   ├── RunReplacedError
    │   └── NotKeptError          weights that were asked for are not there
    ├── EngineError               a process of the engine that is not as it should be
    │   ├── EngineStartError
    │   ├── NoEngineError
    │   ├── EngineDiedError
    │   ├── WorkerDiedError
    │   ├── ComputerError         another computer that cannot be used
    │   └── SendingStoppedError   data that were not sent, as the user wanted
    ├── TrainingError
    │   ├── NotFiniteError
    │   ├── OutOfMemoryError
    │   └── RankError             another rank of the training has failed
    └── UnexpectedError           a fault of the program itself

An error is a ``code`` and ``fields``. ``str(error)`` is the English sentence; the studio forms the
sentence in the user's language from ``template`` and ``fields``.
"""

from __future__ import annotations

from typing import ClassVar


class ConvNetError(Exception):
    """Something the user can put right. ``fields`` are what the sentence ``template`` is formed from."""

    template: ClassVar[str] = "{message}"

    def __init__(self, **fields: object) -> None:
        self.fields = fields
        super().__init__(self.template.format(**fields))

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (type(self), self.fields)

    @property
    def code(self) -> str:
        """Stable name of the kind of error, as it travels to other programs."""
        return type(self).__name__


def _rebuild(kind: type[ConvNetError], fields: dict[str, object]) -> ConvNetError:
    return kind(**fields)


class NetworkError(ConvNetError):
    """One problem of a network. ``layers`` are the layers to mark, ``field`` the field to mark, if any."""

    template = "{layer}: {message}"

    @property
    def layers(self) -> tuple[str, ...]:
        """Names of the layers that the problem is at."""
        several = self.fields.get("layers")
        return tuple(several) if isinstance(several, tuple) else (str(self.fields["layer"]),)

    @property
    def field(self) -> str | None:
        """Name of the layer's field that the problem is at."""
        name = self.fields.get("field")
        return None if name is None else str(name)


class CycleError(NetworkError):
    """Layers feed each other in a circle: ``layers`` in order and ``path``, the same as text."""

    template = "The layers form a circle: {path}. Remove one of these wires."


class MissingInputError(NetworkError):
    """An input of ``layer`` has no wire."""

    template = "{layer}: expected a wire into {port}, found none. Connect {port}."


class TooManyInputsError(NetworkError):
    """``layer`` has more wires than inputs."""

    template = "{layer}: expected {expected} inputs, found {found}. Remove a wire."


class ShapeMismatchError(NetworkError):
    """What reaches ``layer`` from ``source`` does not fit."""

    template = "{layer}: expected {expected}, found {found} from {source}. {hint}"


class NotProbabilitiesError(NetworkError):
    """A cost ``layer`` takes probabilities, and what reaches it from ``source`` may be any numbers."""

    template = (
        "{layer}: expected probabilities, found numbers of any size from {source}, whose logarithm need not "
        "exist. {hint}"
    )


class WeightSourceError(NetworkError):
    """``layer`` cannot take its weights from where its ``field`` says."""

    template = "{layer}: expected {expected}, found {found}. Correct {field}."


class DataMismatchError(NetworkError):
    """The data set does not fit ``layer``, at its ``field`` if that is known."""

    template = "{layer}: expected {expected}, found {found}. {hint}"


class NoGradientError(NetworkError):
    """``layer`` hands no gradient back to ``source``, at or before which a layer learns."""

    template = (
        "{layer}: its {input} hands no gradient back, but {source} learns or comes after a layer that does. "
        "Put {layer} before all layers that learn, or freeze those."
    )


class UnknownLayerError(NetworkError):
    """The ``found`` type of layer does not exist, or an input names a layer that does not."""

    template = "{layer}: expected {expected}, found {found}. {hint}"


class UnknownFieldError(NetworkError):
    """A layer of type ``kind`` has no ``field``."""

    template = "{layer}: a {kind} layer has no field {field}. {hint}"


class FieldError(NetworkError):
    """The value of a field is of the wrong type or out of range."""

    template = "{layer}: {field}: expected {expected}, found {found}."


class UnusedLayerError(NetworkError):
    """Nothing that is trained or shown depends on ``layer``."""

    template = "{layer}: its output is not used. Connect it towards a cost layer, or remove it."


class DuplicateNameError(NetworkError):
    """Two layers bear one name."""

    template = "{layer}: two layers have this name. Rename one of them."


class IncompleteNetworkError(NetworkError):
    """The network lacks a layer that every training needs; ``layers`` is empty."""

    template = "The network has no {missing} layer. Add one."


class ManyProblemsError(ConvNetError):
    """All problems of something at once, as ``problems``, each of which is a ``part``."""

    template = "{message}"
    part: ClassVar[type[ConvNetError]] = ConvNetError
    problems: tuple[ConvNetError, ...]

    def __init__(self, problems: tuple[ConvNetError, ...]) -> None:
        self.problems = problems
        super().__init__(message="\n".join(str(problem) for problem in problems))

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.problems,)


class InvalidNetworkError(ManyProblemsError):
    """All problems of a network."""

    part = NetworkError
    problems: tuple[NetworkError, ...]


class FileFormatError(ConvNetError):
    """A file with the wrong content: its ``path``, ``where`` in it, ``expected``, ``found``, ``hint``."""

    template = "{path}: {where}: expected {expected}, found {found}. {hint}"


class NewerVersionError(FileFormatError):
    """The file was written by a later version of this program."""

    template = (
        "{path}: made by a newer version of ConvNet Studio (file version {found}; "
        "this program reads up to {expected}). Update ConvNet Studio to open it; the file is unchanged."
    )


class InvalidFileError(ManyProblemsError):
    """All problems of the files of another program."""

    part = FileFormatError
    problems: tuple[FileFormatError, ...]


class FileWriteError(ConvNetError):
    """A network file that cannot be written to ``path`` for a ``reason``."""

    template = "{path}: cannot be written ({reason}). Save under another name; nothing is lost."


class DataError(ConvNetError):
    """A data set that is there but cannot be used."""

    template = "{source}: expected {expected}, found {found}. {hint}"


class DataNotFoundError(DataError):
    """The data set is not where the network says."""

    template = "{source}: expected {expected}, found nothing. {hint}"


class DeviceError(ConvNetError):
    """A device that cannot be used: ``device``, what is ``missing``, and a ``hint``."""

    template = "{device}: {missing}. {hint}"


class PlanError(ConvNetError):
    """A network that cannot be compiled as asked."""

    template = "{layer}: expected {expected}, found {found}. {hint}"


class SplitError(PlanError):
    """A ``split`` that is not there, or cannot be carried out."""

    template = 'Split "{split}": expected {expected}, found {found}. {hint}'


class RunFolderError(ConvNetError):
    """A run folder that is not one, or is damaged."""

    template = "{path}: expected {expected}, found {found}. {hint}"


class RunFolderInUseError(RunFolderError):
    """Another engine holds the run folder."""

    template = "{path}: this run is in use by {holder}. Stop that one first, or choose another folder."


class RunFolderUnwritableError(RunFolderError):
    """The run folder cannot be written."""

    template = (
        "{path}: cannot be written ({reason}). "
        "Make room, or allow writing there, or choose another folder for the run."
    )


class CheckpointError(ConvNetError):
    """A checkpoint that is missing, damaged, or of another network."""

    template = "{path}: expected {expected}, found {found}. {hint}"


class ProtocolError(ConvNetError):
    """A message that does not keep to the protocol."""

    template = "{message}"


class VersionMismatchError(ProtocolError):
    """Engine and client speak different versions of the protocol."""

    template = (
        "The engine speaks version {engine} of the protocol, this program version {client}. "
        "Use the same version of ConvNet Studio for both."
    )


class NoAnswerError(ProtocolError):
    """The engine did not answer in time."""

    template = "The engine did not answer within {seconds:g} s. It may be busy; try again."


class RunEndedError(ProtocolError):
    """A command for a run that takes no more commands."""

    template = "The run has {state}; it can be resumed, but takes no commands now."


class RunReplacedError(ProtocolError):
    """Another run is followed now, and not all was here of ``run``."""

    template = (
        "Another run was shown before all figures of {run} were here. Show {run} again, then try again."
    )


class NotKeptError(ProtocolError):
    """Weights that were asked for are not kept: ``layer``, ``weight``, ``step``."""

    template = "{layer}: no {weight} are kept for step {step}. Choose one of the steps that are."


class EngineError(ConvNetError):
    """A process of the engine is not as it should be."""

    template = "{message}"


class EngineStartError(EngineError):
    """The engine process could not be started: ``reason``."""

    template = "The engine could not be started: {reason}"


class NoEngineError(EngineError):
    """There is no engine where a connection file says."""

    template = "{path}: no engine runs here. Start or resume the run first."


class EngineDiedError(EngineError):
    """The engine process ``pid`` has gone without a word."""

    template = "The engine (process {pid}) died: {reason}. Resume the run from its last checkpoint."


class WorkerDiedError(EngineError):
    """The training process has gone without a word; ``log`` is the last that it wrote."""

    template = (
        "The training process died: {reason}. Training goes on, or can be resumed, "
        "from the last checkpoint.{log}"
    )


class ComputerError(EngineError):
    """Another ``computer`` cannot be reached or used: ``reason`` and ``hint``."""

    template = "{computer}: {reason} {hint}"


class SendingStoppedError(EngineError):
    """The user gave up sending data to another computer."""

    template = "Sending the data was given up. It goes on where it was."


class TrainingError(ConvNetError):
    """Training cannot go on."""

    template = "{message}"


class NotFiniteError(TrainingError):
    """The loss, a weight or an output is no longer a finite number."""

    template = (
        "Step {step}: {what} ({where}) is not a finite number. The weights of the last good checkpoint are "
        "kept; lower the learning rate and resume."
    )

    def __init__(self, step: int, what: str, where: str = "training") -> None:
        super().__init__(step=step, what=what, where=where)


class OutOfMemoryError(TrainingError):
    """The training process was refused memory."""

    template = (
        "There is not enough memory to train on. Close other programs, or make the batch or the network "
        "smaller; the run can be resumed from its last checkpoint."
    )


class RankError(TrainingError):
    """Another ``rank`` of the training has failed."""

    template = "Rank {rank}: {reason}. Training on several devices ends when one of them fails."


class UnexpectedError(ConvNetError):
    """A fault of the program itself: an exception of another ``kind``."""

    template = "An unexpected fault of the program ({kind}: {message}). The run's log has the details."
