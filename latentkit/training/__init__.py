"""Train a run: options, schedule, metrics, the loop, and the files that the run writes."""
