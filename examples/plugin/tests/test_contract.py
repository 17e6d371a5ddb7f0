import latentkit_numpy
import pytest

from latentkit.testing import CHECKS


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_contract(check):
    check(latentkit_numpy)
