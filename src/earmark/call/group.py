"""The members' key group (MLS, RFC 9420) as its delivery service sees it: who is in it, and who commits what next.

The service never looks into a message of the group; it sees to it that commits are made by one member at a time (the
*committer*: the one longest in the group who is connected), that one commit per epoch counts, and that everybody gets
it. Changes wait in a queue until the one under way is done. A committer who is silent is passed over; when all have
been, they are taken for gone, and who waits makes a new group.
"""

from dataclasses import dataclass, field
from itertools import islice

from earmark.call.messages import Commit
from earmark.call.replies import Accepted, Addition, Change, Committed, Reply, Stale, Welcome

PATIENCE_S = 5.0
MOST_ADDED = 20  # by one commit, which grows with them, as does the time that a browser needs for it


@dataclass(frozen=True)
class Tell:
    """Send ``message`` to ``member``."""

    member: str
    message: Reply


@dataclass(frozen=True)
class Found:
    """``member`` is to make a new group."""

    member: str


@dataclass(frozen=True)
class GiveUp:
    """``member`` is of no use to the group: silent, or with a key package that is good for nothing."""

    member: str
    silent: bool


Step = Tell | Found | GiveUp


@dataclass(frozen=True)
class Asked:
    """A change that a committer was asked for."""

    committer: str
    adds: dict[str, bytes] = field(repr=False)
    removes: tuple[str, ...]
    since: float


@dataclass
class Group:
    """The state of the group.

    Attributes:
        epoch: how many commits have counted.
        leaves: who is in it, the longest first; False for those who are gone but have not been removed yet.
        adds: who is to be added, with their key packages, in order.
        asked: the change under way.
        silent: those who did not commit the change under way in time.
    """

    epoch: int = 0
    leaves: dict[str, bool] = field(default_factory=dict)
    adds: dict[str, bytes] = field(default_factory=dict, repr=False)
    asked: Asked | None = None
    silent: set[str] = field(default_factory=set)

    @property
    def live(self) -> list[str]:
        """Who is in the group and connected, the longest first."""
        return [member for member, live in self.leaves.items() if live]

    @property
    def committer(self) -> str:
        """Who commits next; empty if nobody can."""
        return next((member for member in self.live if member not in self.silent), "")

    def add(self, member: str, key_package: bytes) -> None:
        """Let somebody be added; if they are in the group with another key package, that is removed first."""
        self.drop(member)
        self.adds[member] = key_package

    def drop(self, member: str) -> None:
        """Let somebody be removed, or not be added."""
        self.adds.pop(member, None)
        self.silent.discard(member)
        if member in self.leaves:
            self.leaves[member] = False

    def commit(self, member: str, message: Commit) -> list[Step]:
        """Take a commit: if it is the one that was asked for, it counts."""
        self.silent.discard(member)
        asked = self.asked
        if asked is None or asked.committer != member or not self.leaves[member] or not self._fits(message, asked):
            return [Tell(member, Stale(epoch=message.epoch))]
        others = [other for other in self.live if other != member]
        self._take(message, asked)
        steps: list[Step] = [Tell(member, Accepted(epoch=message.epoch))]
        committed = Committed(epoch=message.epoch, commit=message.commit, sender=member)
        steps += [Tell(other, committed) for other in others]
        if message.welcome is not None:
            welcome = Welcome(welcome=message.welcome, epoch=self.epoch)
            steps += [Tell(new, welcome) for new in message.adds if self.leaves[new]]
        return steps + [GiveUp(unused, silent=False) for unused in self._unused(message, asked)]

    def proceed(self, now: float) -> list[Step]:
        """Do what can be done next; call this after every change, and once in a while.

        Args:
            now: seconds, of a clock that never goes back.
        """
        if not self.live:
            return self._refound(now)
        if self.asked is not None:
            if self.leaves.get(self.asked.committer) and now - self.asked.since < PATIENCE_S:
                return []
            return self._pass_over(self.asked.committer, now)
        return self._ask(now)

    def _fits(self, message: Commit, asked: Asked) -> bool:
        return (
            message.epoch == self.epoch
            and sorted(message.removes) == sorted(asked.removes)
            and set(message.adds) <= asked.adds.keys()
            and len(set(message.adds)) == len(message.adds)
            and (message.welcome is not None) == bool(message.adds)
        )

    def _take(self, message: Commit, asked: Asked) -> None:
        """Let the group be what a commit makes it."""
        self.epoch += 1
        self.asked = None
        self.silent.clear()
        for gone in message.removes:
            del self.leaves[gone]
        for new in message.adds:
            self.leaves[new] = self.adds.get(new) == asked.adds[new]  # else they have gone, or come anew, meanwhile
            if self.leaves[new]:
                del self.adds[new]

    def _unused(self, message: Commit, asked: Asked) -> list[str]:
        """Return whom the committer could not add, of those who still wait with the same key package."""
        left_out = [member for member in asked.adds if member not in message.adds]
        return [member for member in left_out if self.adds.get(member) == asked.adds[member]]

    def _refound(self, now: float) -> list[Step]:
        """Let the first who waits make a new group, since nobody is left in the old one."""
        self.leaves, self.asked, self.epoch = {}, None, 0
        self.silent.clear()
        if not self.adds:
            return []
        founder = next(iter(self.adds))
        del self.adds[founder]
        self.leaves = {founder: True}
        return [Found(founder), *self._ask(now)]

    def _pass_over(self, committer: str, now: float) -> list[Step]:
        """Let the next one commit what was asked of ``committer``."""
        self.asked = None
        if self.leaves.get(committer):
            self.silent.add(committer)
        if self.committer:
            return self._ask(now)
        silent = self.live
        for member in silent:
            self.drop(member)
        return [*(GiveUp(member, silent=True) for member in silent), *self._refound(now)]

    def _ask(self, now: float) -> list[Step]:
        """Ask the committer for what is waiting, if there is anything: a large crowd is added by several commits."""
        removes = tuple(member for member, live in self.leaves.items() if not live)
        if not removes and not self.adds:
            return []
        asked = dict(islice(self.adds.items(), MOST_ADDED))
        self.asked = Asked(self.committer, asked, removes, now)
        adds = [Addition(member=member, key_package=package) for member, package in asked.items()]
        return [Tell(self.committer, Change(adds=adds, removes=list(removes), epoch=self.epoch))]
