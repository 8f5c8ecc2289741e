"""How much of an MP3's last frames is sound: the LAME tag, put right.

LAME sometimes ends with a frame that holds no sound at all after one that holds little; FFmpeg's muxer then writes
down the padding of the last frame only, and up to 46 samples too many are heard. The tag's layout is that of the
"MP3 Info Tag revision 1 specification" by G. Bouvigne and others.
"""

from pathlib import Path

from earmark.media.id3 import after_id3

FRAMES, FLAGS_WANTED = 8, 0b1111
DELAY_AND_PADDING, CHECK_SUM = 141, 154
COVERED = 190  # bytes of the first frame up to the check sum, at most


def set_length(path: Path, samples: int) -> None:
    """Make the LAME tag of ``path`` say that its sound is ``samples`` samples long; nothing where it has no tag."""
    with path.open("r+b") as file:
        start = after_id3(file)
        file.seek(start)
        frame = bytearray(file.read(COVERED + 2))
        tag = max(frame.find(b"Xing"), frame.find(b"Info"))
        if tag < 0 or tag + CHECK_SUM + 2 > len(frame) or frame[tag + 7] & FLAGS_WANTED != FLAGS_WANTED:
            return
        place = slice(tag + DELAY_AND_PADDING, tag + DELAY_AND_PADDING + 3)
        both = int.from_bytes(frame[place], "big")
        frames = int.from_bytes(frame[tag + FRAMES : tag + FRAMES + 4], "big")
        padding = frames * samples_per_frame(frame) - (both >> 12) - samples
        if 0 <= padding < 1 << 12 and padding != both & 0xFFF:
            frame[place] = (both >> 12 << 12 | padding).to_bytes(3, "big")
            frame[tag + CHECK_SUM : tag + CHECK_SUM + 2] = crc16(frame[: tag + CHECK_SUM]).to_bytes(2, "big")
            file.seek(start)
            file.write(frame)


def samples_per_frame(frame: bytearray) -> int:
    """Return the samples of a layer III frame: MPEG-1 has twice as many as MPEG-2 and 2.5."""
    return 1152 if frame[1] & 0b1000 else 576


def crc16(data: bytes | bytearray) -> int:
    """Return the CRC-16/ARC of ``data``."""
    check = 0
    for byte in data:
        check ^= byte
        for _ in range(8):
            check = check >> 1 ^ (0xA001 if check & 1 else 0)
    return check
