"""Ways to damage transcripts and tables, as a bad export or an editor would."""

import json
import re

from benchmarks.reliability.fuzzing.bytes_damage import ANY, Damage, Rng

ODD_CELLS = [
    *("nan", "inf", "-inf", "1e999", "-0.6", "-5", "9" * 400, "0x10", "１２", "true", " ", "\0"),
    *('"', '""', "'", "=1+1", "\ufeff", "\u2028", "\x85", "x" * 200_000, "\\ud800", "../a.wav"),
    *("/", "/dev/null", "s3://", "nowhere://bucket/a.wav", "http://[::1", "file:///", "~", "a\nb"),
    *("memory://none.wav", "zip://a.wav::b.zip", "a.wav?x#y", "a" * 300 + ".wav", "café\u0301.wav"),
]
ODD_JSON = [
    *(
        "null",
        "true",
        "[]",
        "{}",
        "1e999",
        "NaN",
        "-Infinity",
        "9" * 5_000,
        '"\\ud800"',
        '"\\u0000"',
    ),
    *(
        '{"a": "\\udfff"}',
        '["\\ud83d"]',
        '{"\\ud800": 1}',
        "[" * 100_000,
        '{"a":' * 50_000,
        '"',
        "-",
    ),
    '{"a": [1, {"b": null}]}',
]
ODD_TIMES = [
    *("99999999999:00:00.000", "00:00:61.000", "00:61:00.000", "-00:00:01.000", "00:00:01", "1.5"),
    *(
        "00:00:00.000",
        "00:00:01.0000",
        "00:00:1,5",
        "٠٠:٠٠:٠١.٠٠٠",
        "00:00:03.999",
        "9" * 5_000 + ":00:00.000",
    ),
    *("0" * 400 + ":00:01.000", "00:00:01.000.000", "", "NaN", "1e9:00:00.000"),
]
_CLOCK = re.compile(r"[\d:]+:\d\d[.,]\d+")
_NOT_UTF8 = [b"\xff", b"\xe9", b"\xc3", b"\xed\xa0\x80", b"\xf8\x88\x80\x80\x80", b"\xc0\x80"]
_CONTROLS = [
    b"\0",
    b"\x0b",
    b"\x0c",
    b"\x1c",
    b"\x85",
    "\u2028".encode(),
    b"\r",
    b"\x1a",
    b"\xef\xbb\xbf",
]


def broken_utf8(rng: Rng, content: bytes) -> bytes:
    return _put_in(rng, content, _NOT_UTF8[int(rng.integers(len(_NOT_UTF8)))])


def control_characters(rng: Rng, content: bytes) -> bytes:
    for _ in range(int(rng.integers(1, 6))):
        content = _put_in(rng, content, _CONTROLS[int(rng.integers(len(_CONTROLS)))])
    return content


def another_encoding(rng: Rng, content: bytes) -> bytes:
    encoding = str(rng.choice(["utf-16", "utf-16-le", "utf-32", "utf-8-sig", "latin-1", "cp037"]))
    return content.decode(errors="replace").encode(encoding, errors="replace")


def other_line_ends(rng: Rng, content: bytes) -> bytes:
    ends = [b"\r\n", b"\r", b"\n\r", b"\r\r\n", b" \n", b"\n\n", b"\n\n\n", b"\t\n", b""]
    return content.replace(b"\n", ends[int(rng.integers(len(ends)))])


def lines_in_disorder(rng: Rng, content: bytes) -> bytes:
    lines = content.splitlines(keepends=True)
    picked = (
        rng.integers(0, len(lines), len(lines))
        if rng.random() < 0.5
        else rng.permutation(len(lines))
    )
    return b"".join(lines[number] for number in picked)


TEXT: list[Damage] = [
    *ANY,
    *2 * [broken_utf8, control_characters, another_encoding, other_line_ends, lines_in_disorder],
]


def odd_times(rng: Rng, content: bytes) -> bytes:
    text = content.decode(errors="replace")
    found = list(_CLOCK.finditer(text))
    if not found:
        return content
    place = found[int(rng.integers(len(found)))]
    odd = ODD_TIMES[int(rng.integers(len(ODD_TIMES)))]
    return (text[: place.start()] + odd + text[place.end() :]).encode()


def odd_arrows(rng: Rng, content: bytes) -> bytes:
    arrows = [b"->", b"-- >", b"==>", b"-->-->", b" ", b"--&gt;", b"-->\n", b"\xe2\x86\x92", b"-m>"]
    return content.replace(
        b"-->", arrows[int(rng.integers(len(arrows)))], int(rng.choice([1, 2, -1]))
    )


def odd_words(rng: Rng, content: bytes) -> bytes:
    words = ["<a" * 50_000, "< " * 50_000, "<" + " " * 100_000, "<v" + " " * 100_000, "&#" * 50_000]
    words += [
        "<v " * 20_000,
        "<" * 50_000,
        "&" * 50_000,
        "&#x110000;",
        "&#xd800;",
        "&#0;",
        "<v>",
        "<v  >",
    ]
    words += [
        "</v>" * 9,
        "{\\an8}",
        "{\\p1}" * 999,
        "-->",
        "NOTE x\n",
        "STYLE\n",
        "REGION\n",
        "WEBVTT",
        "\\N",
    ]
    words += [
        "a:" * 20_000,
        "{" * 20_000,
        "<v.a.b" + ".c" * 20_000,
        "1\n",
        "a b " * 100_000,
        "{\\" * 20_000,
    ]
    return _put_in(rng, content, words[int(rng.integers(len(words)))].encode())


def cues_a_thousandfold(rng: Rng, content: bytes) -> bytes:
    return content * int(rng.choice([2, 50, 1_000]))


TRANSCRIPT: list[Damage] = [*TEXT, *3 * [odd_times, odd_arrows, odd_words], cues_a_thousandfold]


def odd_csv_cells(rng: Rng, content: bytes) -> bytes:
    lines = [line.split(",") for line in content.decode(errors="replace").split("\n")]
    for _ in range(int(rng.integers(1, 5))):
        line = lines[int(rng.integers(1, len(lines)))]
        line[int(rng.integers(len(line)))] = ODD_CELLS[int(rng.integers(len(ODD_CELLS)))]
    return "\n".join(map(",".join, lines)).encode()


def odd_csv_shape(rng: Rng, content: bytes) -> bytes:
    lines = content.split(b"\n")
    at = int(rng.integers(len(lines)))
    lines[at] = [
        b",,,,,,,,,,,,",
        b'"' + lines[at],
        lines[at] + b'"x"',
        b"",
        b"x",
        lines[at].replace(b",", b";"),
        lines[at] + b"," * 100_000,
        lines[at].replace(b",", b"\t"),
        b'"a""b"c,"',
    ][int(rng.integers(9))]
    return b"\n".join(lines)


CSV: list[Damage] = [*TEXT, *4 * [odd_csv_cells, odd_csv_shape]]


def odd_json_values(rng: Rng, content: bytes) -> bytes:
    lines = content.decode(errors="replace").split("\n")
    for _ in range(int(rng.integers(1, 5))):
        at = int(rng.integers(len(lines)))
        try:
            cells = json.loads(lines[at])
        except (ValueError, RecursionError):
            continue
        name = str(rng.choice([*cells, "extra"]))
        odd = [*ODD_JSON, *map(json.dumps, ODD_CELLS)][
            int(rng.integers(len(ODD_JSON) + len(ODD_CELLS)))
        ]
        cells[name] = "@"
        lines[at] = json.dumps(cells).replace('"@"', odd)
    return "\n".join(lines).encode()


def odd_json_lines(rng: Rng, content: bytes) -> bytes:
    lines = content.decode(errors="replace").split("\n")
    lines[int(rng.integers(len(lines)))] = ODD_JSON[int(rng.integers(len(ODD_JSON)))]
    return "\n".join(lines).encode()


JSONL: list[Damage] = [*TEXT, *6 * [odd_json_values], *2 * [odd_json_lines]]


def _put_in(rng: Rng, content: bytes, piece: bytes) -> bytes:
    at = int(rng.integers(0, len(content) + 1))
    return content[:at] + piece + content[at:]
