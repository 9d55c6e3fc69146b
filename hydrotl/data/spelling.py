"""One spelling of text that looks the same: of ids, numbers, dates and names in files.

Text that passed through spreadsheets, web pages and phones holds blanks that do not break, marks
without width, digits and dashes of other scripts, and letters with accents in two forms. To the
eye they are one, to a computer they are not: a basin would be "absent", a number "no number".
"""

import re
import unicodedata

#: Hyphens that are not the hyphen of the keyboard, and the minus sign.
_HYPHENS = "\u2010\u2011\u2212\ufe63\uff0d"
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_FULL_WIDTH = range(0xFF01, 0xFF5F)  # each is an ASCII sign, 0xFEE0 further on


def plain(text: str) -> str:
    """``text`` with plain blanks, digits, hyphens and composed letters, without invisible marks.

    Accents are composed (Unicode's NFC). Digits of any script and full-width signs become ASCII;
    blanks of any width become one blank each; marks without width (among them the byte order
    mark) are left out. Lines stay lines, and ASCII text stays as it is.
    """
    if text.isascii():
        return text
    return unicodedata.normalize("NFC", _NOT_ASCII.sub(_plain_sign, text))


def basin_id(text: object) -> str:
    """The one spelling of a basin's id: :func:`plain`, without blanks around it or runs of them.

    Zeros in front stay: they belong to the id.
    """
    return " ".join(plain(str(text)).split())


def look_alike(basin: str) -> str:
    """What is the same in ids that people take for one: without case, blanks and zeros in front.

    Spreadsheets make 2001.0 of 2001; the decimal goes too.
    """
    bare = re.sub(r"\.0+$", "", basin_id(basin).casefold().replace(" ", ""))
    return bare.lstrip("0") or bare


def _plain_sign(match: re.Match[str]) -> str:
    sign = match[0]
    if sign in _HYPHENS:
        return "-"
    digit = unicodedata.decimal(sign, None)
    if digit is not None:
        return str(digit)
    if ord(sign) in _FULL_WIDTH:
        return chr(ord(sign) - 0xFEE0)
    category = unicodedata.category(sign)
    return " " if category == "Zs" else "" if category == "Cf" else sign
