"""Texts that must stay words in a page."""

HOSTILE = [
    "<script>alert(1)</script>",
    "</style></title></svg><img src=//example.org/x onerror=alert(1)>",
    '"\' onmouseover="alert(1)" x=\'',
    "{{ 7 * 7 }} {% raw %} &lt;b&gt; ]]> -->",
    "\u202egnp.exe\u2066 \x00\x1b[31m\x9b \u2028 end",
    "שלום, זה לא בסדר",
]
