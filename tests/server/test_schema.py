"""The HTTP interface, asked whatever its own description allows and much that it does not: no answer is a failure."""

import asyncio
from contextlib import suppress
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
import schemathesis
from fastapi.openapi.utils import get_openapi
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from tests.server.guests import TOKEN, NotingRelay

from earmark.records.vault import Vault
from earmark.server.app import create_app
from earmark.server.house import House
from earmark.server.register import Register

OPEN = {"/healthz", "/api/session", "/api/logout"}
"""What answers whoever asks: it says nothing of calls."""


@pytest.mark.parametrize("token", [TOKEN, "wrong"], ids=["host", "stranger"])
@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.name.lower())
def test_no_request_makes_it_fail(
    vault: Vault, page: Path, token: str, mode: GenerationMode, monkeypatch: pytest.MonkeyPatch
) -> None:
    randomness = vault.safe.randomness
    relay = NotingRelay()
    asyncio.run(relay.start())
    house = House(Register(vault), relay, clock=monotonic, randomness=randomness)
    monkeypatch.setattr(house.door, "asks", lambda _address: True)  # who asks too often is not answered at all
    monkeypatch.setattr(house.door, "trusts", lambda _address: True)
    address = "http://127.0.0.1/"
    app = create_app(house, vault, address=address, host_token=TOKEN, randomness=randomness, page=page)
    schema = schemathesis.openapi.from_dict(get_openapi(title="Earmark", version="1", routes=app.routes))
    schema.app = app
    asked = []
    for found in schema.get_all_operations():
        assert isinstance(found, Ok)
        operation = found.ok()

        @settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck), database=None)
        @given(operation.as_strategy(generation_mode=mode))
        def ask(case: Any) -> None:
            answer = case.call(headers={"Authorization": f"Bearer {token}"})
            case.validate_response(answer, checks=[not_a_server_error])
            assert token == TOKEN or case.path in OPEN or answer.status_code in {401, 405, 404}
            asked.append(case)

        with suppress(Unsatisfiable):  # where nothing is asked for, nothing wrong can be said
            ask()
    assert asked
    if token != TOKEN:
        assert vault.calls.all() == []
