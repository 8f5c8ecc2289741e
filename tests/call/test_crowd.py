"""A lobby that fills up at once."""

from tests.call.scripts import HOST, Script, new_room

from earmark.call.events import Tick
from earmark.call.replies import Waiting
from earmark.call.telling import CROWD, CROWD_S

GUESTS = 300


def test_hosts_are_told_of_a_crowd_once_and_not_person_by_person() -> None:
    script = Script(new_room(max_members=200))
    script.enter(HOST, host=True)
    for number in range(GUESTS):
        script.come(f"guest{number}")
        script.sign(f"guest{number}")
    told = script.heard(HOST, Waiting)
    assert len(told) <= CROWD + 2
    script.now += CROWD_S
    script.play(Tick())
    assert len(script.heard(HOST, Waiting)[-1].members) == GUESTS
