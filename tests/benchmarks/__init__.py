"""Speed and growth, measured against what a user would otherwise run: `make bench`.

    python -m tests.benchmarks                  every row, about half an hour on two quiet cores
    python -m tests.benchmarks --quick          every row on less, about 7 minutes: a trial, not a measurement
    python -m tests.benchmarks --list           the rows, and how long each takes
    python -m tests.benchmarks train-torch umap some of them
    python -m tests.benchmarks --json           one JSON object a line, as they come

Each row runs in a process of its own, ours and theirs in turn within it; a ratio is the median over
rounds, its spread the lowest and the highest. A row that misses its bar stays in the table as a miss,
with the functions that its time went into. Exit code 3: a row missed.

    row       what a line of the table is, its bar, and how a row says so
    measure   times in turn, processes with their peak memory, exponents, profiles
    material  images and latents made on the fly
    peers_*   what a careful user of PyTorch, pythae and Keras writes
    rows/     the rows, a family a module
    table     the table, and the picture of growth
"""
