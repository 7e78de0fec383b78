"""Every campaign, small."""

from __future__ import annotations

import pytest

from tests.campaign import campaigns, run


@pytest.mark.parametrize("name", campaigns())
def test_no_fault(name: str) -> None:
    campaign = campaigns()[name]
    tally = run(campaign, campaign.SMALL, seed=1)
    assert tally.cases == campaign.SMALL
    assert not tally.faults, "\n".join(tally.faults)
