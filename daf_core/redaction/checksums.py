"""Numbers that carry a checksum: payment cards, IBANs."""

# Length of an IBAN by country, ISO 13616.
_LENGTHS = {
    entry[:2]: int(entry[2:])
    for entry in [
        "AD24",
        "AE23",
        "AL28",
        "AT20",
        "AZ28",
        "BA20",
        "BE16",
        "BG22",
        "BH22",
        "BI27",
        "BR29",
        "BY28",
        "CH21",
        "CR22",
        "CY28",
        "CZ24",
        "DE22",
        "DJ27",
        "DK18",
        "DO28",
        "EE20",
        "EG29",
        "ES24",
        "FI18",
        "FK18",
        "FO18",
        "FR27",
        "GB22",
        "GE22",
        "GI23",
        "GL18",
        "GR27",
        "GT28",
        "HN28",
        "HR21",
        "HU28",
        "IE22",
        "IL23",
        "IQ23",
        "IS26",
        "IT27",
        "JO30",
        "KW30",
        "KZ20",
        "LB28",
        "LC32",
        "LI21",
        "LT20",
        "LU20",
        "LV21",
        "LY25",
        "MC27",
        "MD24",
        "ME22",
        "MK19",
        "MN20",
        "MR27",
        "MT31",
        "MU30",
        "NI28",
        "NL18",
        "NO15",
        "OM23",
        "PK24",
        "PL28",
        "PS29",
        "PT25",
        "QA29",
        "RO24",
        "RS22",
        "RU33",
        "SA24",
        "SC31",
        "SD18",
        "SE24",
        "SI19",
        "SK24",
        "SM27",
        "SO23",
        "ST25",
        "SV28",
        "TL23",
        "TN24",
        "TR26",
        "UA29",
        "VA22",
        "VG24",
        "XK20",
        "YE30",
    ]
}
CARD_LEAST, CARD_MOST = 13, 19  # digits


def is_card(digits: str) -> bool:
    """Whether digits 0 to 9 are the number of a payment card: first digit, length, Luhn's sum."""
    return CARD_LEAST <= len(digits) <= CARD_MOST and digits[0] in "23456" and _luhn(digits) == 0


def _luhn(digits: str) -> int:
    doubled = (int(one) * 2 for one in digits[-2::-2])
    return (sum(map(int, digits[-1::-2])) + sum(n - 9 * (n > 9) for n in doubled)) % 10


def is_iban(plain: str) -> int:
    """How many of the first letters and digits are an IBAN: 0, or the length of its country's."""
    length = _LENGTHS.get(plain[:2].upper(), 0)
    if not length or len(plain) < length:
        return 0
    turned = (plain[4:length] + plain[:4]).upper()
    return length if int("".join(str(int(one, 36)) for one in turned)) % 97 == 1 else 0
