"""What makes a password weak: too short, commonly used, a pattern, or made of what everybody knows of its owner.

NIST SP 800-63B-4, 3.1.1.2 asks for a comparison with passwords that are commonly used, expected or known to be broken,
and leaves the list to the verifier. Ours is small and is read through what people do to a word: capitals, digits and
marks around it, look-alike characters, repetition.
"""

from __future__ import annotations

import re
import unicodedata
from itertools import pairwise
from typing import Final

from celltrial.conduct.facts.log_in.settings import LogInSettings
from celltrial.core.values import Count, Value, at_least, message

#: Words and phrases of which common passwords are made; letters only, after `_letters`.
_COMMON: Final = frozenset(
    [
        "password",
        "passwort",
        "passwd",
        "pass",
        "passphrase",
        "mypassword",
        "newpassword",
        "thepassword",
        "passwordisthis",
        "changeme",
        "changemenow",
        "letmein",
        "letmeinnow",
        "letmeinplease",
        "welcome",
        "welcomeback",
        "welcomehome",
        "hello",
        "helloworld",
        "iloveyou",
        "iloveyousomuch",
        "loveyou",
        "iloveu",
        "lovely",
        "sunshine",
        "princess",
        "princesa",
        "dragon",
        "monkey",
        "football",
        "baseball",
        "basketball",
        "superman",
        "batman",
        "spiderman",
        "master",
        "shadow",
        "michael",
        "jennifer",
        "jordan",
        "hunter",
        "trustno",
        "trustnoone",
        "whatever",
        "secret",
        "topsecret",
        "supersecret",
        "verysecret",
        "default",
        "temporary",
        "temp",
        "admin",
        "administrator",
        "adminadmin",
        "root",
        "rootroot",
        "toor",
        "guest",
        "guestguest",
        "user",
        "username",
        "test",
        "testtest",
        "testing",
        "testaccount",
        "demo",
        "demodemo",
        "login",
        "logmein",
        "access",
        "accessgranted",
        "computer",
        "internet",
        "starwars",
        "starwarsfan",
        "pokemon",
        "charlie",
        "donald",
        "donaldduck",
        "freedom",
        "flower",
        "cheese",
        "summer",
        "winter",
        "spring",
        "autumn",
        "january",
        "february",
        "march",
        "april",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "sunday",
        "hospital",
        "hospitals",
        "doctor",
        "nurse",
        "clinic",
        "clinical",
        "clinicaltrial",
        "clinicaltrials",
        "trial",
        "research",
        "investigator",
        "sponsor",
        "patient",
        "patients",
        "medicine",
        "oncology",
        "cancer",
        "immune",
        "immunotherapy",
        "celltherapy",
        "cart",
        "cartcell",
        "qwerty",
        "qwertyuiop",
        "qwertz",
        "azerty",
        "asdf",
        "asdfgh",
        "asdfghjkl",
        "zxcvbn",
        "zxcvbnm",
        "qazwsx",
        "qazwsxedc",
        "qweasd",
        "qweasdzxc",
        "abc",
        "abcabc",
        "abcd",
        "aabbcc",
        "passwordpassword",
        "correcthorsebatterystaple",
        "thequickbrownfox",
        "thequickbrownfoxjumpsoverthelazydog",
        "tobeornottobe",
        "tobeornottobethatisthequestion",
        "loremipsum",
        "loremipsumdolorsitamet",
        "maytheforcebewithyou",
        "openthedoor",
        "opensesame",
        "woaini",
        "woainiyiwannian",
        "woaiwojia",
        "woaizhongguo",
        "nihao",
        "nihaoma",
        "mima",
        "wodemima",
        "woshi",
        "woshishui",
        "zhongguo",
        "beijing",
        "shanghai",
        "guangzhou",
        "shenzhen",
        "aini",
        "ainiyiwannian",
        "aiwo",
        "baobei",
        "laogong",
        "laopo",
        "taobao",
        "weixin",
        "zhifubao",
        "alibaba",
        "tencent",
        "huawei",
        "yiyuan",
        "yisheng",
        "hushi",
        "guanliyuan",
    ]
)
#: Rows of keys and of signs in order; three neighbours in a row are a walk.
_ROWS: Final = ("abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm", "qazwsxedcrfvtgbyhnujmikolp",
                         "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p")  # fmt: skip
_LOOKALIKE: Final = str.maketrans({"0": "o", "1": "l", "3": "e", "4": "a", "5": "s", "7": "t", "8": "b", "9": "g",
                                   "@": "a", "$": "s", "!": "i", "|": "l", "+": "t", "(": "c"})  # fmt: skip
#: The longest unit whose repetition is no password.
_LONGEST_UNIT: Final = 6
#: What is left of a password without the words that everybody knows must be as long as this.
_LEAST_OWN: Final = 8


def folded(text: str) -> str:
    """Return a text in the one form in which passwords are compared: compatible characters, small, without blanks.

    >>> folded("Ｐassword 1")
    'password1'
    """
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def length_of(password: str) -> int:
    """Return how many characters a password has, composed, each code point one (NIST SP 800-63B-4, 3.1.1.2)."""
    return len(unicodedata.normalize("NFKC", password))


def weakness_of(
    password: str, account: str, printed_name: str, *, with_code: bool, settings: LogInSettings
) -> tuple[Value, Value] | None:
    """Return what a password needs and what it is instead; None where it will do.

    with_code: whether a second factor is always beside it.
    """
    least = settings.password_length_with_code if with_code else settings.password_length
    found = length_of(password)
    if found < least:
        return at_least(Count(least, "character")), Count(found, "character")
    needed = message("password_that_nobody_would_try")
    text = folded(password)
    if _is_pattern(text):
        return needed, message("password_pattern")
    if is_common(text):
        return needed, message("common_password")
    known = [folded(account), "celltrial", *(folded(part) for part in re.split(r"[\s,.;·]+", printed_name))]
    if _own_part(text, known) < _LEAST_OWN:
        return needed, message("name_of_account_or_person")
    return None


def is_common(text: str) -> bool:
    """Tell whether a folded password is a common word or phrase, whatever is around it or in place of its letters.

    >>> is_common(folded("P@ssw0rd-2026!!")), is_common(folded("seven herons over the lake"))
    (True, False)
    """
    plain, seen_through = (_letters(item) for item in (text, text.translate(_LOOKALIKE)))
    trimmed = _letters(text.strip("0123456789!@#$%^&*()-_=+.,;:?/~|").translate(_LOOKALIKE))
    return any(_is_made_of(item) for item in (plain, seen_through, trimmed) if item)


def _letters(text: str) -> str:
    return "".join(sign for sign in text if sign.isalpha())


def _is_made_of(letters: str) -> bool:
    """Tell whether letters are one common word, or common words one after the other."""
    reached = {0}
    for end in range(1, len(letters) + 1):
        if any(letters[start:end] in _COMMON for start in reached if end - start >= 3):
            reached.add(end)
    return len(letters) in reached


def _is_pattern(text: str) -> bool:
    """Tell whether a text repeats a short unit, or is for its greater part a walk along rows of keys or signs."""
    if any(text == (text[:size] * len(text))[: len(text)] for size in range(1, min(_LONGEST_UNIT, len(text) - 1) + 1)):
        return True
    steps = sum(_are_neighbours(one, other) for one, other in pairwise(text))
    return steps >= 0.75 * (len(text) - 1)


def _are_neighbours(one: str, other: str) -> bool:
    pair = one + other
    return one == other or any(pair in row or pair in row[::-1] for row in _ROWS)


def _own_part(text: str, known: list[str]) -> int:
    """Return how many characters are left without known words and the digits and marks around them."""
    rest = text
    for word in sorted((item for item in known if len(item) >= 3), key=len, reverse=True):
        rest = rest.replace(word, "")
    return len(rest) if rest == text else len(_letters(rest))
