import pytest
from demo.browsers import Chromium, installed


@pytest.fixture(scope="session")
def chromium() -> Chromium:
    found = installed()
    if found is None:
        pytest.skip("no Chromium on this machine, so nothing that runs in a browser was tested (make browsers)")
    return found
