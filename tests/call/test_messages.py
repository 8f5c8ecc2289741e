import json
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from earmark.call import messages
from earmark.call.messages import MOST_BYTES, Incoming, parse
from earmark.call.replies import Rules
from earmark.call.wire import encode
from earmark.errors import CallError

KEY = encode(bytes(range(32)))
SAMPLES: dict[str, dict[str, Any]] = {
    "hello": {"version": 1, "token": "secret", "device": KEY, "encoded_transform": True, "user_agent": "x"},
    "consent": {"receipt": "{}", "signature": encode(bytes(64)), "key_package": encode(b"package")},
    "admit": {"member": "anna"},
    "refuse": {"member": "anna"},
    "remove": {"member": "anna"},
    "lock": {"locked": True},
    "end": {},
    "commit": {"epoch": 0, "commit": "AAAA", "welcome": None, "adds": [], "removes": ["anna"]},
    "open": {"sealed": encode(bytes(80))},
    "publish": {"stream": 0, "offer": 0, "sdp": "v=0"},
    "subscribe": {"stream": 65535},
    "answer": {"stream": 0, "offer": 0, "sdp": "v=0"},
    "position": {"stream": 0, "position": 2**32 - 1},
    "heard": {"stream": 0, "position": 7, "newest": None, "frames": ["AAAAAAAAAAA", "", *[None] * 10]},
    "close": {"stream": 0},
    "loss": {"stream": 0, "percent": 100},
    "mute": {"muted": False},
    "keep": {"stream": 0, "kept": True},
    "speech": {"stream": 0, "number": 49_999, "sealed": encode(bytes(8_192)), "signature": encode(bytes(64))},
    "leave": {},
}

kinds = pytest.mark.parametrize("kind", SAMPLES)


def test_there_is_a_sample_of_each() -> None:
    assert {get_args(one.model_fields["type"].annotation)[0] for one in get_args(Incoming)} == SAMPLES.keys()


@kinds
def test_what_the_protocol_says_is_understood(kind: str) -> None:
    message = parse(json.dumps({"type": kind} | SAMPLES[kind]))
    assert message.type == kind
    assert parse(message.model_dump_json()) == message


@kinds
def test_more_is_refused(kind: str) -> None:
    with pytest.raises(CallError):
        parse(json.dumps({"type": kind, "more": 1} | SAMPLES[kind]))


@kinds
def test_less_is_refused(kind: str) -> None:
    for name in SAMPLES[kind]:
        with pytest.raises(CallError):
            parse(json.dumps({"type": kind} | {key: value for key, value in SAMPLES[kind].items() if key != name}))


OTHERS: tuple[object, ...] = (None, "1", 1.5, {}, -1, [1])


@kinds
def test_nothing_is_converted(kind: str) -> None:
    for name, value in SAMPLES[kind].items():
        for other in OTHERS:
            if type(other) is not type(value) or other in (-1, [1]):
                with pytest.raises(CallError):
                    parse(json.dumps({"type": kind} | SAMPLES[kind] | {name: other}))


@pytest.mark.parametrize(
    ("kind", "name", "value"),
    [
        ("hello", "version", 2),
        ("hello", "device", encode(bytes(31))),
        ("hello", "token", "x" * 201),
        ("hello", "user_agent", "x" * 401),
        ("consent", "signature", encode(bytes(63))),
        ("consent", "key_package", encode(bytes(8_001))),
        ("admit", "member", ""),
        ("commit", "epoch", 2**53),
        ("commit", "adds", ["x"] * 1001),
        ("open", "sealed", encode(bytes(201))),
        ("publish", "stream", 65536),
        ("publish", "sdp", "x" * 48_001),
        ("publish", "offer", -1),
        ("position", "position", 2**32),
    ],
)
def test_sizes_have_limits(kind: str, name: str, value: object) -> None:
    with pytest.raises(CallError, match=name):
        parse(json.dumps({"type": kind} | SAMPLES[kind] | {name: value}))


def test_a_message_is_never_repeated() -> None:
    token = "that-nobody-else-may-see"  # noqa: S105 - of a test
    for text in (json.dumps({"type": "hello", "token": token}), json.dumps({"type": token}), f'{{"{token}'):
        with pytest.raises(CallError) as refused:
            parse(text)
        assert refused.value.__cause__ is None
        if "type" not in text or "hello" in text:
            assert token not in str(refused.value)


def test_secrets_are_not_shown() -> None:
    hello = parse(json.dumps({"type": "hello"} | SAMPLES["hello"]))
    assert "secret" not in repr(hello)
    assert "v=0" not in repr(messages.Publish(stream=0, offer=0, sdp="v=0"))


def test_long_messages_are_refused() -> None:
    with pytest.raises(CallError, match="too long"):
        parse(" " * MOST_BYTES + "{}")


@given(
    st.text(max_size=200)
    | st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists).map(json.dumps)
)
def test_anything_else_is_refused_in_words(text: str) -> None:
    with pytest.raises(CallError):
        parse(text)


@given(st.fixed_dictionaries({"type": st.sampled_from(sorted(SAMPLES))}), st.dictionaries(st.text(), st.text()))
def test_whatever_comes_is_a_message_or_refused(kind: dict[str, str], more: dict[str, str]) -> None:
    try:
        message = parse(json.dumps(more | kind))
    except CallError:
        return
    assert not set(more) - set(type(message).model_fields)


def test_a_call_that_was_kept_larger_than_is_allowed_holds_as_many_as_is() -> None:
    assert Rules.kept({"listen_only": True, "max_members": 500}) == Rules(listen_only=True, max_members=200)
    assert Rules.kept({"max_members": 7}) == Rules(max_members=7)
    assert Rules.kept({}) == Rules()
