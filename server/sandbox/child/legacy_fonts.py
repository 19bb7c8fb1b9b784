"""Vietnamese text of the 1990s: TCVN 5712 VN3 (".VnTime") and VNI ("VNI-Times") read as Latin-1.

Papers of those years are still attached to today's sessions. Their fonts draw Vietnamese letters at
Latin-1 places, so extraction gives "Uû ban nh©n d©n". Pure tables and rules; nothing here opens a
file. Sources: TCVN 5712:1993 (VN3), the VNI Windows table as published with UniKey.
"""

import functools
import re
import unicodedata
from typing import Literal

Legacy = Literal["tcvn3", "vni"]

_TCVN3_LOWER = (
    ("¸µ¶·¹", "áàảãạ"),
    ("¨¾»¼½Æ", "ăắằẳẵặ"),
    ("©ÊÇÈÉË", "âấầẩẫậ"),
    ("®", "đ"),
    ("ÐÌÎÏÑ", "éèẻẽẹ"),
    ("ªÕÒÓÔÖ", "êếềểễệ"),
    ("Ý×ØÜÞ", "íìỉĩị"),
    ("ãßáâä", "óòỏõọ"),
    ("«èåæçé", "ôốồổỗộ"),
    ("¬íêëìî", "ơớờởỡợ"),
    ("óïñòô", "úùủũụ"),
    ("\u00adøõö÷ù", "ưứừửữự"),
    ("ýúûüþ", "ýỳỷỹỵ"),
    # MuPDF reports the micro sign of some encodings as the Greek letter.
    ("\u03bc", "à"),
)
_TCVN3_UPPER = ("¡¢£¤¥¦§", "ĂÂÊÔƠƯĐ")
TCVN3: dict[str, str] = {
    code: letter
    for codes, letters in (*_TCVN3_LOWER, _TCVN3_UPPER)
    for code, letter in zip(codes, letters, strict=True)
}

# VNI writes a base letter and a second character that carries its marks.
_VNI_TONES = {"ù": "\u0301", "ø": "\u0300", "û": "\u0309", "õ": "\u0303", "ï": "\u0323"}
_VNI_BREVE = {"ê": "", "é": "\u0301", "è": "\u0300", "ú": "\u0309", "ü": "\u0303", "ë": "\u0323"}
_VNI_CIRCUMFLEX = {
    "â": "", "á": "\u0301", "à": "\u0300", "å": "\u0309", "ã": "\u0303", "ä": "\u0323",
}  # fmt: skip
_VNI_SINGLE = {"ñ": "đ", "æ": "ỉ", "ó": "ĩ", "ò": "ị", "î": "ỵ", "ö": "ư", "ô": "ơ"}


def _vni_table() -> dict[str, str]:
    table = dict(_VNI_SINGLE)
    for base in "aeouyôö":
        letter = _VNI_SINGLE.get(base, base)
        for tail, tone in _VNI_TONES.items():
            table[base + tail] = letter + tone
    for tail, tone in _VNI_BREVE.items():
        table["a" + tail] = "ă" + tone
    for base in "aeo":
        for tail, tone in _VNI_CIRCUMFLEX.items():
            table[base + tail] = unicodedata.normalize("NFC", base + "\u0302") + tone
    lower = {code: unicodedata.normalize("NFC", letter) for code, letter in table.items()}
    upper = {code.upper(): letter.upper() for code, letter in lower.items()}
    # Some converters leave the tail small after a capital.
    mixed = {
        code[0].upper() + code[1:]: letter.upper() for code, letter in lower.items() if code[1:]
    }
    return mixed | upper | lower


VNI: dict[str, str] = _vni_table()
_VNI_PATTERN = re.compile("|".join(sorted(map(re.escape, VNI), key=len, reverse=True)))

# Letters these codes use and modern Vietnamese never does, so genuine text is left alone.
_ONLY_LEGACY = re.compile("[¸µμ¶·¹¨¾»¼½Æ©ÇËÎÏÑª¬®Ö«×ØÞßäåæçëîïñöûüþøÜ¡¢£¤¥¦§]")
_MODERN = re.compile("[ăđơưĂĐƠƯ\u1ea0-\u1ef9]")
_ONSET = "ngh|ng|nh|gh|gi|kh|ch|ph|th|tr|qu|[bcdđghklmnpqrstvx]"
_SYLLABLE = re.compile(f"(?:{_ONSET})?[aăâeêioôơuưy]{{1,3}}(?:ng|nh|ch|[cmnpt])?\\Z", re.IGNORECASE)
_TONES = str.maketrans("", "", "\u0300\u0301\u0303\u0309\u0323")
_CONSONANTS_ONLY = re.compile("[b-df-hj-np-tv-xz®§]*\\Z", re.IGNORECASE)
MIN_WORDS = 12
"""Fewer suspicious words than this on a page prove nothing without a font name."""


def legacy_of_font(name: str) -> Legacy | None:
    """The encoding a font's name promises: `.VnTime`, `ABCDEF+.VnArialH`, `VNI-Times`."""
    name = name.rpartition("+")[2].lower()
    if name.startswith(".vn") or re.match(r"vn(time|arial|courier|avant|helve)", name):
        return "tcvn3"
    if name.startswith(("vni-", "vni ")):
        return "vni"
    return None


def font_is_capitals(name: str) -> bool:
    """TCVN3 keeps capitals with marks in a second font, whose name ends in H."""
    stem = re.split("[-, ]", name.rpartition("+")[2].lstrip("."))[0]
    return legacy_of_font(name) == "tcvn3" and stem.endswith("H")


def _restore_u_horn(word: str) -> str:
    """ư is 0xAD in TCVN3, and WinAnsi calls that place a hyphen: "®-îc" is "được"."""
    letters = list(word)
    for at, letter in enumerate(letters):
        if letter not in "-\u2010":
            continue
        before = re.split("[-\u2010\\W_]", "".join(letters[:at]).replace("®", "d"))[-1]
        after = word[at + 1 : at + 2]
        opens = bool(after) and (after in TCVN3 or after in "uainmtcp")
        if _CONSONANTS_ONLY.match(before) and (bool(before) or opens):
            letters[at] = "\u00ad"
    return "".join(letters)


def convert_word(word: str, legacy: Legacy, *, capitals: bool = False) -> str:
    """`word` in Unicode NFC. Characters outside the table stay."""
    if legacy == "vni":
        return _VNI_PATTERN.sub(lambda match: VNI[match.group()], word)
    if "-" in word or "\u2010" in word:
        word = _restore_u_horn(word)
    text = "".join(TCVN3.get(letter, letter) for letter in word)
    return text.upper() if capitals else text


@functools.lru_cache(maxsize=4096)
def is_syllable(word: str) -> bool:
    """Could `word` be one Vietnamese syllable?"""
    bare = unicodedata.normalize("NFD", word.strip(".,;:!?()[]\"'“”/")).translate(_TONES)
    return bool(_SYLLABLE.match(unicodedata.normalize("NFC", bare)))


def detect_legacy(words: list[str]) -> Legacy | None:
    """The old encoding a page's words are in, judged by the words alone.

    Only words with a letter that modern Vietnamese never uses are asked; a code is believed when it
    turns nearly all of them into syllables and none was one before.
    """
    if any(_MODERN.search(word) for word in words):
        return None
    odd = [word for word in words if _ONLY_LEGACY.search(word)]
    if len(odd) < max(MIN_WORDS, len(words) // 10):
        return None
    best: tuple[float, Legacy | None] = (0.0, None)
    codes: tuple[Legacy, ...] = ("tcvn3", "vni")
    for legacy in codes:
        made = sum(is_syllable(convert_word(word, legacy)) for word in odd) / len(odd)
        best = max(best, (made, legacy), key=lambda pair: pair[0])
    return best[1] if best[0] >= 0.8 else None
