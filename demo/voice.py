"""A voice for machines on which no recording is at hand: eSpeak NG, as the package ``espeakng-loader`` brings it."""

import ctypes
import wave
from pathlib import Path

import espeakng_loader

SYNCHRONOUS = 2
CHARACTER_POSITIONS = 1
UTF8 = 1
CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)

BRIEFING = """
Good morning, everybody. Before we begin: what you are about to hear has not been announced, and it must not leave
this group until the end of the quarter. Please do not forward this recording, not even to members of your own team.
The numbers first. Revenue for the third quarter came in at forty one million, which is six percent above the plan.
Margins are lower than a year ago, mostly because of freight, and we expect that to last until the spring.
Now to the reason for this call. The board has decided to sell the northern business, and talks with two buyers are
well advanced. We expect to sign in the second week of November. Until then, customers, suppliers and the press must
hear nothing about it. If a journalist calls you, take the number, say that you will call back, and ring my office.
About three hundred people will move to the new owner. We will tell them ourselves, in person, on the day of the
signing, and not one hour earlier. Human resources has prepared letters, and the town halls are booked.
The second point is the plant in the valley. The inspection found cracks in two of the older vessels. Nobody was in
danger, and production goes on at half speed. The repair takes five weeks, and the insurance covers most of it.
The third point is shorter. Our head of research leaves us at the end of the year. The successor has been chosen, and
the name will be announced together with the results. Thank you for listening. Questions, please, to me alone.
"""


def speak(path: Path, text: str = BRIEFING) -> None:
    """Write ``text``, spoken, to ``path`` as 16-bit WAV.

    Raises:
        OSError: the library does not load or start on this machine.
    """
    espeak = ctypes.CDLL(espeakng_loader.get_library_path())
    rate = espeak.espeak_Initialize(SYNCHRONOUS, 0, str(espeakng_loader.get_data_path()).encode(), 0)
    if rate <= 0:
        raise OSError("eSpeak NG does not start")
    spoken = bytearray()

    def take(samples: int | None, count: int, _events: int | None) -> int:
        if samples and count > 0:
            spoken.extend(ctypes.string_at(samples, 2 * count))
        return 0

    callback = CALLBACK(take)
    espeak.espeak_SetSynthCallback(callback)
    espeak.espeak_SetVoiceByName(b"en")
    words = text.encode()
    espeak.espeak_Synth(words, len(words) + 1, 0, CHARACTER_POSITIONS, 0, UTF8, None, None)
    espeak.espeak_Synchronize()
    espeak.espeak_Terminate()
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(bytes(spoken))
