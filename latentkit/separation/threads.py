"""How many threads the linear algebra of a report may use."""

from collections.abc import Iterator
from contextlib import contextmanager

ALONE = 5000


@contextmanager
def one_thread_each(rows: int) -> Iterator[None]:
    """One thread for each matrix product, and up to 5000 rows for scikit-learn's own loops as well.

    Products of a few thousand rows are done before their threads have met: on a busy machine ten times faster.
    """
    import sklearn.cluster  # noqa: F401  (a library that is not loaded yet cannot be limited)
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    with threadpool_limits(1, user_api=None if rows <= ALONE else "blas"):
        yield
