"""How the streams of a call are marked.

Frames of 20 ms want segments that are whole frames, switching between two encoders wants long ones, and evidence wants
many: 240 ms are twelve frames. What a mark adds to the delay of a call is one slot at least, as a window is two slots
long; with slots of 20 ms windows begin where frames do, and it is 20 ms exactly (24 ms slots: 44 ms, 30 ms: 50 ms).
Of what Opus leaves at 16 kb/s such slots say a third more than slots of 30 ms, and Opus hides what they cost.
"""

RATE = 48_000
"""Samples per second."""

SEGMENT_MS = 240
SLOT_MS = 20
DEPTH = 0.36
"""See ``earmark.signal.variants.Renderer``."""
