"""Every line that an engine puts into a run's log on purpose.

A line is the name of a member, and fields. The English sentence is in log.txt and on the command line; the
studio forms the sentence in the user's language from the template and the fields.
"""

from __future__ import annotations

from enum import Enum


class Line(Enum):
    """Templates by their names. ``{cause}`` is the sentence of the error that comes along."""

    SPLIT = "Split {split} over {count} devices: {devices}"
    PLAN = "Plan: {operations:,} operations a step"
    MEMORY_OF_PLAN = "Memory of the plan: {megabytes:.1f} MB"
    MEMORY_OF_DATA = "Memory of the data on the device: {megabytes:.1f} MB"
    MEMORY_OF_CUDA = "Memory that CUDA itself takes: {megabytes:.1f} MB"
    DATA = "Data: {examples:,} training pictures, {steps:,} steps an epoch"
    DECODED = "{count:,} pictures are decoded, which is done once."
    FILES_SKIPPED = "{count:,} files of {data} were skipped; {first}: {reason}"
    TAKEN_UP = "Taken up at step {step:,}"
    GOES_ON = "Training goes on from step {step:,}"
    BEGUN_ANEW = "Not in the checkpoint, and begun anew: {weights}."
    NOT_AS_IT_WAS = "Going on within rounding, not bit for bit, since not all is as it was: {changes}."
    PLAN_NOT_KEPT = "The plan could not be kept in the run folder: {reason}."
    VALIDATION_ERROR = "Epoch {epoch:,}: validation error {error:.2f} %"
    TEST_ERROR = "Epoch {epoch:,}: test error {error:.2f} %"
    AVERAGED = "Averaged over {views} views: test error {error:.2f} %, loss {loss:.4f}"
    CHECKPOINT = "Checkpoint at step {step:,}"
    BEST_CHECKPOINT = "Checkpoint at step {step:,}, the best so far"
    CHECKPOINT_REFUSED = "{cause}"
    CHECKPOINT_DAMAGED = "A damaged checkpoint is not used. {cause}"
    SNAPSHOT_NOT_KEPT = "Snapshot of step {step:,}: {reason}."
    LOSS_LEAPT = "Step {step:,}: the loss leapt to {loss:.4g}; {usual:.4g} is usual."
    EDITED = "After step {step:,}: {setting} {old:g} is now {new:g}"
    EDITED_AGAIN = "As before after step {step:,}: {setting} {old:g} is now {new:g}"
    BEST_KEPT = "After step {step:,}: the best checkpoint is kept as well"
    BEST_NOT_KEPT = "After step {step:,}: the best checkpoint is not kept any more"
    BEST_KEPT_AGAIN = "As before after step {step:,}: the best checkpoint is kept as well"
    BEST_NOT_KEPT_AGAIN = "As before after step {step:,}: the best checkpoint is not kept any more"
    ROLLED_BACK = "Rolled back to step {step:,}."
    ROLLED_BACK_AFTER = "Rolled back to step {step:,}. {cause}"
    NO_CHECKPOINT = "Not rolled back: no checkpoint of step {step:,} or before is there any more."
    EDITS_TAKEN_BACK = "Edits since then, taken back: {count:,}"
    STOPPED_EARLY = "Stopped early: no lower validation error in {tests} tests."
    SLOW = "No step has ended for {seconds:.0f} s, but the training process responds."
    RESTARTED = "{cause} Restart {number} of {most}."
    MALFORMED = "{count:,} malformed messages were dropped."
