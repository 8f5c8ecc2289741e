"""What is said of a long call, without holding one."""

from bench.long_call import HEAD, Found, Memory, missing, rows


def test_memory_is_compared_from_when_the_call_is_warm() -> None:
    found = Found([("the relay was killed", 3.21)], [Memory(float(m), 170 + m, 300 - m, 4.0) for m in range(9)])
    table = {what: measured for what, measured, _ in rows(found)}
    assert table["memory of the server"] == "175 MB, then 178 MB"
    assert table["memory of the largest page"] == "295 MB, then 292 MB"
    assert table["the relay was killed: all hear all after"] == "3.2 s"
    assert all(len(row) == len(HEAD) for row in rows(found))


def test_a_call_that_is_shorter_than_that_is_told_as_well() -> None:
    assert "170 MB, then 170 MB" in [measured for _, measured, _ in rows(Found(memory=[Memory(0.5, 170, 300, 4)]))]


def test_where_none_was_held_nothing_is_said() -> None:
    assert list(rows(None)) == []


def test_of_who_does_not_hear_all_it_is_told_whom_and_what_their_page_knows() -> None:
    knows = {
        "misses": ["Ben"],
        "streams": [["Ben", 3]],
        "ways": [{"state": "connected, connected, stable", "sent": None, "received": 0, "real": 0}],
        "packets": {"sending": None, "streams": [{"stream": 3, "opened": 0, "refused": {"no key": 7}}]},
        "said": ["page: subscribe 3"],
    }
    first, second, *rest = missing({"anna": knows, "ben": {**knows, "misses": []}})
    assert (first, second) == ("anna misses Ben", "ben misses nobody")
    assert any("anna" in line and "no key" in line for line in rest)
    assert any("anna" in line and "connected" in line for line in rest)
