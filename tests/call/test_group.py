"""The delivery service of the members' group."""

from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from earmark.call.group import MOST_ADDED, PATIENCE_S, Found, GiveUp, Group, Step, Tell
from earmark.call.messages import Commit
from earmark.call.replies import Accepted, Addition, Change, Committed, Stale, Welcome


def package(member: str, time: int = 0) -> bytes:
    return f"{member} {time}".encode()


def change(epoch: int, adds: list[str], removes: list[str]) -> Change:
    additions = [Addition(member=member, key_package=package(member)) for member in adds]
    return Change(adds=additions, removes=removes, epoch=epoch)


def commit(epoch: int, adds: list[str], removes: list[str] | None = None) -> Commit:
    return Commit(epoch=epoch, commit=b"c", welcome=b"w" if adds else None, adds=adds, removes=removes or [])


def grouped(*members: str) -> Group:
    """Return a group of members, made by the first."""
    group = Group()
    group.add(members[0], package(members[0]))
    group.proceed(0.0)
    for member in members[1:]:
        group.add(member, package(member))
        group.proceed(0.0)
        group.commit(members[0], commit(group.epoch, [member]))
    return group


def test_the_first_makes_the_group_and_adds_the_others() -> None:
    group = Group()
    assert group.proceed(0.0) == []
    group.add("anna", package("anna"))
    assert group.proceed(0.0) == [Found("anna")]
    group.add("ben", package("ben"))
    assert group.proceed(0.0) == [Tell("anna", change(0, ["ben"], []))]
    assert group.proceed(1.0) == []
    assert group.commit("anna", commit(0, ["ben"])) == [
        Tell("anna", Accepted(epoch=0)),
        Tell("ben", Welcome(welcome=b"w", epoch=1)),
    ]
    assert (group.epoch, group.live, group.committer) == (1, ["anna", "ben"], "anna")


def test_who_comes_during_a_change_waits_for_the_next() -> None:
    group = grouped("anna", "ben")
    group.add("chloe", package("chloe"))
    group.proceed(0.0)
    group.add("dora", package("dora"))
    group.drop("ben")
    assert group.proceed(1.0) == []
    steps = group.commit("anna", commit(1, ["chloe"]))
    assert steps == [Tell("anna", Accepted(epoch=1)), Tell("chloe", Welcome(welcome=b"w", epoch=2))]
    assert group.proceed(1.0) == [Tell("anna", change(2, ["dora"], ["ben"]))]
    steps = group.commit("anna", commit(2, ["dora"], ["ben"]))
    assert Tell("chloe", Committed(epoch=2, commit=b"c", sender="anna")) in steps
    assert group.live == ["anna", "chloe", "dora"]


def test_the_next_takes_over_from_a_silent_committer() -> None:
    group = grouped("anna", "ben", "chloe")
    group.drop("chloe")
    group.proceed(0.0)
    assert group.proceed(PATIENCE_S - 0.1) == []
    assert group.proceed(PATIENCE_S) == [Tell("ben", change(2, [], ["chloe"]))]
    assert group.committer == "ben"
    assert group.commit("anna", commit(2, [], ["chloe"])) == [Tell("anna", Stale(epoch=2))]
    steps = group.commit("ben", commit(2, [], ["chloe"]))
    assert Tell("anna", Committed(epoch=2, commit=b"c", sender="ben")) in steps
    assert group.committer == "anna"


def test_the_next_takes_over_at_once_from_a_committer_who_has_gone() -> None:
    group = grouped("anna", "ben")
    group.add("chloe", package("chloe"))
    group.proceed(0.0)
    group.drop("anna")
    assert group.proceed(0.1) == [Tell("ben", change(1, ["chloe"], ["anna"]))]


def test_when_all_are_silent_who_waits_makes_a_new_group() -> None:
    group = grouped("anna", "ben")
    group.add("chloe", package("chloe"))
    group.add("dora", package("dora"))
    group.proceed(0.0)
    group.proceed(PATIENCE_S)
    assert group.proceed(2 * PATIENCE_S) == [
        GiveUp("anna", silent=True),
        GiveUp("ben", silent=True),
        Found("chloe"),
        Tell("chloe", change(0, ["dora"], [])),
    ]
    assert (group.epoch, group.live) == (0, ["chloe"])


def test_when_all_have_gone_who_waits_makes_a_new_group() -> None:
    group = grouped("anna")
    group.add("ben", package("ben"))
    group.proceed(0.0)
    group.drop("anna")
    assert group.proceed(0.0) == [Found("ben")]
    assert group.epoch == 0
    group.drop("ben")
    assert group.proceed(0.0) == []
    assert group.leaves == {}


def test_who_comes_back_is_removed_and_added_anew() -> None:
    group = grouped("anna", "ben")
    group.add("ben", package("ben", 1))
    again = Change(adds=[Addition(member="ben", key_package=package("ben", 1))], removes=["ben"], epoch=1)
    assert group.proceed(0.0) == [Tell("anna", again)]
    assert group.commit("anna", commit(1, ["ben"], ["ben"])) == [
        Tell("anna", Accepted(epoch=1)),
        Tell("ben", Welcome(welcome=b"w", epoch=2)),
    ]
    assert group.live == ["anna", "ben"]


def test_a_crowd_is_added_by_several_commits_in_the_order_in_which_they_came() -> None:
    group = grouped("anna", "ben")
    group.drop("ben")
    crowd = [f"guest{number}" for number in range(2 * MOST_ADDED + 1)]
    for guest in crowd:
        group.add(guest, package(guest))
    for first, removes in ((0, ["ben"]), (MOST_ADDED, []), (2 * MOST_ADDED, [])):
        some = crowd[first : first + MOST_ADDED]
        epoch = group.epoch
        assert group.proceed(0.0) == [Tell("anna", change(epoch, some, removes))]
        steps = group.commit("anna", commit(epoch, some, removes))
        assert [step.member for step in steps if isinstance(step, Tell) and isinstance(step.message, Welcome)] == some
    assert group.live == ["anna", *crowd]
    assert group.proceed(0.0) == []


def test_who_goes_while_being_added_is_removed() -> None:
    group = grouped("anna")
    group.add("ben", package("ben"))
    group.proceed(0.0)
    group.drop("ben")
    assert group.commit("anna", commit(0, ["ben"])) == [Tell("anna", Accepted(epoch=0))]
    assert group.proceed(0.0) == [Tell("anna", change(1, [], ["ben"]))]


def test_who_comes_anew_while_being_added_is_added_again() -> None:
    group = grouped("anna")
    group.add("ben", package("ben"))
    group.proceed(0.0)
    group.add("ben", package("ben", 1))
    assert group.commit("anna", commit(0, ["ben"])) == [Tell("anna", Accepted(epoch=0))]
    [step] = group.proceed(0.0)
    assert isinstance(step, Tell)
    assert step.message == Change(
        adds=[Addition(member="ben", key_package=package("ben", 1))], removes=["ben"], epoch=1
    )


def test_whose_key_package_is_of_no_use_is_given_up() -> None:
    group = grouped("anna")
    group.add("ben", package("ben"))
    group.add("chloe", package("chloe"))
    group.proceed(0.0)
    steps = group.commit("anna", commit(0, ["ben"]))
    assert steps[-1] == GiveUp("chloe", silent=False)
    group.drop("chloe")
    assert group.proceed(0.0) == []


@pytest.mark.parametrize(
    ("member", "message"),
    [
        ("ben", commit(1, ["dora"], ["chloe"])),
        ("nobody", commit(1, ["dora"], ["chloe"])),
        ("anna", commit(0, ["dora"], ["chloe"])),
        ("anna", commit(2, ["dora"], ["chloe"])),
        ("anna", commit(1, ["dora"], [])),
        ("anna", commit(1, ["dora"], ["chloe", "ben"])),
        ("anna", commit(1, ["dora"], ["chloe", "chloe"])),
        ("anna", commit(1, ["dora", "dora"], ["chloe"])),
        ("anna", commit(1, ["ben"], ["chloe"])),
        ("anna", Commit(epoch=1, commit=b"c", welcome=None, adds=["dora"], removes=["chloe"])),
        ("anna", Commit(epoch=1, commit=b"c", welcome=b"w", adds=[], removes=["chloe"])),
    ],
)
def test_other_commits_do_not_count(member: str, message: Commit) -> None:
    group = Group()
    for one in ("anna", "ben", "chloe"):
        group.add(one, package(one))
    group.proceed(0.0)
    group.commit("anna", commit(0, ["ben", "chloe"]))
    group.add("dora", package("dora"))
    group.drop("chloe")
    group.proceed(0.0)
    assert group.commit(member, message) == [Tell(member, Stale(epoch=message.epoch))]
    assert group.epoch == 1
    assert group.commit("anna", commit(1, ["dora"], ["chloe"]))[0] == Tell("anna", Accepted(epoch=1))


def test_no_commit_counts_without_having_been_asked_for() -> None:
    group = grouped("anna", "ben")
    assert group.commit("anna", commit(1, [])) == [Tell("anna", Stale(epoch=1))]


@dataclass
class Browser:
    """A member's own view of the group.

    Attributes:
        package: what they came with last.
        members: who they believe is in the group; None outside of it.
        epoch: theirs.
        asked: what they were asked for last.
    """

    package: bytes
    members: set[str] | None = None
    epoch: int = 0
    asked: Change | None = None
    pending: set[str] = field(default_factory=set)


class Membership(RuleBasedStateMachine):
    """All who are in the group agree about epoch and members at any time, whoever comes, goes, sleeps or errs.

    Epochs are taken in order, one commit each; when all changes are committed, exactly those who are there are in it.
    """

    names = ("anna", "ben", "chloe", "dora")

    def __init__(self) -> None:
        super().__init__()
        self.group = Group()
        self.now = 0.0
        self.time = 0
        self.there: dict[str, Browser] = {}

    def take(self, steps: list[Step]) -> None:
        for step in steps:
            browser = self.there.get(step.member)
            if browser is not None:
                self.take_one(step, browser)

    def take_one(self, step: Step, browser: Browser) -> None:
        match step:
            case Found(member):
                browser.members, browser.epoch, browser.asked = {member}, 0, None
            case GiveUp(member):
                del self.there[member]
                self.group.drop(member)
            case Tell(_, Change() as message):
                assert message.epoch == browser.epoch
                browser.asked = message
            case Tell(_, Committed() as message):
                assert message.epoch == browser.epoch
                browser.epoch, browser.members = message.epoch + 1, set(self.group.leaves)
            case Tell(_, Accepted() as message):
                assert message.epoch == browser.epoch
                browser.epoch, browser.members, browser.asked = message.epoch + 1, set(self.group.leaves), None
            case Tell(_, Welcome() as message):
                assert browser.members is None
                browser.epoch, browser.members = message.epoch, set(self.group.leaves)
            case Tell(_, Stale()):
                browser.asked = None

    def proceed(self) -> None:
        self.take(self.group.proceed(self.now))

    @rule(name=st.sampled_from(names))
    def come(self, name: str) -> None:
        self.time += 1
        self.there[name] = Browser(package(name, self.time))
        self.group.add(name, self.there[name].package)
        self.proceed()

    @rule(name=st.sampled_from(names))
    def go(self, name: str) -> None:
        self.there.pop(name, None)
        self.group.drop(name)
        self.proceed()

    @rule(seconds=st.sampled_from([0.5, 3.0, 6.0]))
    def wait(self, seconds: float) -> None:
        self.now += seconds
        self.proceed()

    @precondition(lambda self: any(one.asked for one in self.there.values()))
    @rule(data=st.data())
    def answer(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from([name for name, one in self.there.items() if one.asked]))
        asked = self.there[name].asked
        assert asked
        usable = data.draw(st.booleans(), label="all key packages are of use")
        adds = [one.member for one in asked.adds][: None if usable else -1]
        before = self.group.epoch
        self.take(self.group.commit(name, commit(asked.epoch, adds, asked.removes)))
        assert self.group.epoch in {before, before + 1}
        self.there.get(name, Browser(b"")).asked = None
        self.proceed()

    @invariant()
    def all_agree(self) -> None:
        for name, browser in self.there.items():
            if browser.members is not None:
                assert name in self.group.live
                assert (browser.epoch, browser.members) == (self.group.epoch, set(self.group.leaves))
            else:
                assert name in self.group.adds or name in (self.group.asked.adds if self.group.asked else ())

    @invariant()
    def somebody_is_asked_while_anything_is_to_be_done(self) -> None:
        if self.group.asked is None:
            assert not self.group.adds
            assert all(self.group.leaves.values())
            assert set(self.group.leaves) == set(self.there)


TestMembership = Membership.TestCase
TestMembership.settings = settings(max_examples=200, stateful_step_count=40)


@given(st.lists(st.sampled_from(["anna", "ben", "chloe"]), max_size=8))
def test_proceeding_twice_is_proceeding_once(comers: list[str]) -> None:
    group = Group()
    for comer in comers:
        group.add(comer, package(comer))
        group.proceed(0.0)
        assert group.proceed(0.0) == []
