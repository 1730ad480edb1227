"""Ways to damage texts of labelled corpora: files of folds (Python lists), turns of dialogues."""

import re

from benchmarks.reliability.fuzzing.bytes_damage import Damage, Rng
from benchmarks.reliability.fuzzing.pickle_damage import RAN
from benchmarks.reliability.fuzzing.text_damage import ODD_CELLS, TEXT

_ODD_PYTHON = [
    *("3", "'v2'", "b'v2'", "{}", "{'v2': 1}", "[[]]", "[['v2']]", "{[]}", "None", "...", "1j"),
    *("[*a]", "{**a}", "[x for x in y]", f"open('{RAN}', 'w')", "(yield)"),
    *(f"__import__('os').system('touch {RAN}')", "['v2'] = standard_test_fold = ['v3']", "'\\d'"),
    *("[" * 5_000, "[" * 90 + "]" * 90, "-" * 50_000 + "1", "1" + "+1" * 50_000, "not " * 50_000),
    *("9" * 5_000, "'\\ud800'", "['\\ud800', '\\n', '\\0']", "f'{x}'", "lambda: " * 5_000 + "1"),
    *("a" + ".a" * 50_000, "a" + "[0]" * 50_000, "a" + "()" * 50_000, "1" + "**1" * 50_000, ""),
    *("'a' " * 50_000, "('v2',) * 10**9"),
    *("1 if 1 else " * 5_000 + "1", "[" + "'v2'," * 100_000 + "]", "\f['v2']", "['v2'] # -*- x"),
]
_ODD_LINES = [
    *("if 1:\n" + " " * n + "pass\n" for n in (1, 2_000)),
    "".join(f"{' ' * n}if 1:\n" for n in range(150)),
    *("\x00\n", "# -*- coding: cp037 -*-\n", "import antigravity\n", "\t x\n"),
    f"open('{RAN}', 'w')\n",
    *("standard_train_fold: list = ['v2']\n", "standard_train_fold, a = [1], [2]\n", "\\\n" * 999),
    *("standard_test_fold = standard_train_fold\n", "'''\n", "\ufeff", "match x:\n case 1: pass\n"),
]


def odd_python(rng: Rng, content: bytes) -> bytes:
    """Values that are not lists of videos, or lines that do not belong into a file of folds."""
    text = content.decode(errors="replace")
    lists = list(re.finditer(r"\[[^\]]*\]", text))
    if rng.random() < 0.7 and lists:
        place = lists[int(rng.integers(len(lists)))]
        odd = _ODD_PYTHON[int(rng.integers(len(_ODD_PYTHON)))]
        return (text[: place.start()] + odd + text[place.end() :]).encode()
    lines = text.splitlines(keepends=True)
    lines.insert(int(rng.integers(len(lines) + 1)), str(rng.choice(_ODD_LINES)))
    return "".join(lines).encode()


def odd_turns(rng: Rng, content: bytes) -> bytes:
    """Odd names, times and ratings of turns."""
    odd = [
        *ODD_CELLS,
        *("[", "]", "-", "[-]", "[1-2]:", "[9 - 8]", "Ses01F_impro01_F000", "Ses", "SesX_", ",,,"),
        *(" " * 20_000, "[a," + " " * 20_000, "1" * 50_000, "[1 - 2] " * 5_000),
        "Ses" + "x" * 90_000,
    ]
    words = re.split(r"(\s+|[\[\],:-])", content.decode(errors="replace"))
    for _ in range(int(rng.integers(1, 5))):
        words[int(rng.integers(len(words)))] = odd[int(rng.integers(len(odd)))]
    return "".join(words).encode(errors="surrogatepass")


FOLDS: list[Damage] = [*TEXT, *12 * [odd_python]]
TURNS: list[Damage] = [*TEXT, *12 * [odd_turns]]
