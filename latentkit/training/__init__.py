"""Training: options, schedule, figures, the loop, and the run it leaves behind."""
