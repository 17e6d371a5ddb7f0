"""Drive the loop to its end: whatever that is, the record says so and the best weights are on disk."""

from pathlib import Path
from typing import Any

from latentkit.errors import GroupError, TrainingError
from latentkit.formats.run import write_record
from latentkit.group import anyone
from latentkit.protocol import Group, Model
from latentkit.training.checkpoint import Checkpoint
from latentkit.training.diary import Diary
from latentkit.training.events import Ended, Listener
from latentkit.training.interrupt import BetweenSteps
from latentkit.training.loop import Loop, Stepped, Stopped, Validated

__all__ = ["drive", "follow"]


def drive(
    loop: Loop,
    model: Model,
    checkpoint: Checkpoint,
    path: Path,
    record: dict[str, Any],
    diary: Diary,
    listen: Listener,
    group: Group | None = None,
) -> None:
    """Drive the loop; whatever ends it, the record says so and the best weights are on disk.

    Nothing is asked of the group while saving: of what it does, only the loop's part is.
    """
    position = loop.position

    def look_over(state: str) -> None:
        for noticed in diary.look_over(record | position.best | {"state": state}, position.step):
            listen(noticed)

    def end(state: str, text: str) -> None:
        look_over(state)
        listen(Ended(text, state, path, diary.worries()))

    def save(state: str) -> None:
        checkpoint.save(model, position)
        write_record(path, record | position.best | {"state": state})

    over = early = False
    with BetweenSteps(patient=group is not None) as signals:
        save("running")
        try:
            for event in loop.events(lambda: anyone(group, signals.asked)):
                match event:
                    case Validated():
                        diary.append(event.record)
                        if event.improved:
                            checkpoint.improved(model)
                    case Stepped() if checkpoint.due():
                        loop.settle()
                        save("running")
                    case Stopped(early):
                        over = True
                listen(event)
                if isinstance(event, Validated):
                    look_over("running")
        except TrainingError:
            checkpoint.save_best()
            write_record(path, record | position.best | {"state": "stopped"})
            end("stopped", "stopped by a figure that is not finite")
            raise
        except GroupError:
            # On a CPU the step that failed has changed nothing; a GPU may never answer again.
            if group is not None and group.device == "cpu":
                loop.settle()
                save("interrupted")
            raise
        if not over or signals.asked:
            save("interrupted")
            end("interrupted", f"stopped after step {position.step}; go on with --resume")
            if not signals.asked:  # but another process of the group was
                raise KeyboardInterrupt
            signals.act()
        else:
            save("done")
            end("done", "stopped early: the validation loss no longer fell" if early else "done")


def follow(loop: Loop, group: Group) -> None:
    """Drive the same loop in another process of the group, which writes nothing."""
    with BetweenSteps(patient=True) as signals:
        for _ in loop.events(lambda: anyone(group, signals.asked)):
            pass
        signals.act()
