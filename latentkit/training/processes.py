"""Run the loop to its end: in the main process, which writes the run, and in the workers of a group, which do not."""

from latentkit.errors import GroupError, TrainingError
from latentkit.group import any_rank
from latentkit.protocol import Group
from latentkit.training.events import Ended, Listener
from latentkit.training.interrupt import DeferSignals
from latentkit.training.loop import Loop, Stepped, Stopped, Validated
from latentkit.training.writer import RunWriter

__all__ = ["run_main", "run_worker"]


def run_main(loop: Loop, writer: RunWriter, listen: Listener, group: Group | None = None) -> None:
    """Run the loop; however it ends, the record says so and the best weights are on disk.

    Saving never communicates with the group: only the loop does.
    """
    position = loop.position

    def save(state: str) -> None:
        writer.save(state, loop.model, position)

    def check(state: str) -> None:
        for finding in writer.check(state, position):
            listen(finding)

    def end(state: str, text: str) -> None:
        check(state)
        listen(Ended(text, state, writer.path, writer.health()))

    finished = early = False
    with DeferSignals(repeatable=group is not None) as signals:
        save("running")
        try:
            for event in loop.events(lambda: any_rank(group, signals.pending)):
                match event:
                    case Validated():
                        writer.add(event, loop.model)
                    case Stepped() if writer.due():
                        loop.sync()
                        save("running")
                    case Stopped(early):
                        finished = True
                listen(event)
                if isinstance(event, Validated):
                    check("running")
        except TrainingError:
            writer.save_best("stopped", position)
            end("stopped", "stopped because the loss is not finite")
            raise
        except GroupError:
            # On a CPU the step that failed has changed nothing; a GPU may never answer again.
            if group is not None and group.device == "cpu":
                loop.sync()
                save("interrupted")
            raise
        if not finished or signals.pending:
            save("interrupted")
            end("interrupted", f"interrupted after step {position.step}; continue with --resume")
            if not signals.pending:  # but in another process of the group
                raise KeyboardInterrupt
            signals.deliver()
        else:
            save("done")
            end("done", "stopped early: the validation loss no longer improved" if early else "done")


def run_worker(loop: Loop, group: Group) -> None:
    """Run the same loop in another process of the group, which writes nothing."""
    with DeferSignals(repeatable=True) as signals:
        for _ in loop.events(lambda: any_rank(group, signals.pending)):
            pass
        signals.deliver()
