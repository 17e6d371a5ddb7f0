"""Contract checks for backends, to be run in their own tests. They need NumPy alone: no pytest and no framework.

    from latentkit.testing import CHECKS

    @pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
    def test_contract(check):
        check(my_backend)

`latentkit backends check NAME` runs the same checks. Their names are public.
"""

from latentkit.testing.checks import CHECKS
from latentkit.testing.subject import ContractError

__all__ = ["CHECKS", "ContractError"]
