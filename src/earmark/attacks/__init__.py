"""Everything that can happen to a leak, as effects by name that chain: ``room+noise:20+opus:24k``.

A chain is parsed (``Chain.parse``), takes sound from memory (``Sound``), draws rooms and noises from materials
(``Recorded`` or ``Synthetic``), and leaves sound or a file. The same seed does the same. Effects that change timing are
not *in step*: whoever compares sample with sample has to leave them out (``Chain.in_step``).
"""

from earmark.attacks.catalogue import CATALOGUE
from earmark.attacks.chain import Chain
from earmark.attacks.coding import FLAC, Codec, FileCodec
from earmark.attacks.drawing import Materials
from earmark.attacks.kinds import Kind
from earmark.attacks.materials import Recorded
from earmark.attacks.sound import Sound, read_sound
from earmark.attacks.synthetic import Synthetic

__all__ = [
    "CATALOGUE",
    "FLAC",
    "Chain",
    "Codec",
    "FileCodec",
    "Kind",
    "Materials",
    "Recorded",
    "Sound",
    "Synthetic",
    "read_sound",
]
