"""A synthesizer for tests: each letter on standard input is a tone of its own, 50 ms long, as loud
as its argument says, 8000 without; it will not say "?". Like espeak-ng it writes a header before
it knows how long the sound gets.
"""

import shlex
import struct
import sys

import numpy as np

COMMAND = shlex.join([sys.executable, __file__])
RATE_HZ, LETTER_S, OPEN_END = 24_000, 0.05, 0x7FFFF000


def main() -> None:
    letters = "".join(sys.stdin.read().split())
    if "?" in letters:
        sys.exit("that is a question")
    loud = int([*sys.argv, "8000"][1])
    time_s = np.arange(round(RATE_HZ * LETTER_S)) / RATE_HZ
    tones = [loud * np.sin(2 * np.pi * (200 + ord(one) % 2000) * time_s) for one in letters]
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, RATE_HZ, 2 * RATE_HZ, 2, 16)
    head = struct.pack("<4sI4s", b"RIFF", OPEN_END + 36, b"WAVE") + form
    sound = np.concatenate([np.zeros(0), *tones]).astype("<i2").tobytes()
    sys.stdout.buffer.write(head + struct.pack("<4sI", b"data", OPEN_END) + sound)


if __name__ == "__main__":
    main()
