"""The contract that a backend must meet, for its own tests: no pytest, no framework, NumPy alone.

    from latentkit.testing import CHECKS

    @pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
    def test_contract(check):
        check(my_backend)

`latentkit backends check NAME` runs the same checks from the shell. The names are public.
"""

from latentkit.testing.checks import CHECKS
from latentkit.testing.subject import ContractError

__all__ = ["CHECKS", "ContractError"]
