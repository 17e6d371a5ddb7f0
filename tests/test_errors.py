"""The tree of errors is the one its module draws."""

import inspect
import re

from latentkit import errors


def classes():
    return {name: value for name, value in vars(errors).items() if inspect.isclass(value)}


def test_the_docstring_draws_every_error():
    drawn = set(re.findall(r"\w+Error\b", errors.__doc__ or ""))
    assert drawn == set(classes())


def test_all_names_every_error():
    assert set(errors.__all__) == set(classes())


def test_every_error_is_a_latentkit_error():
    assert all(issubclass(error, errors.LatentkitError) for error in classes().values())
