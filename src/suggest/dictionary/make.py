#!/usr/bin/env python3
"""Makes words.tsv and traditional.txt from CC-CEDICT: make.py cedict_ts.u8 (or .gz)

words.tsv: a Chinese word, a tab, and its English meanings, separated by semicolons. Only words of two to six
characters, and of each only short meanings: what an article on technology, business or politics could
share with a title in English. traditional.txt: a traditional character and the simplified one that it
is folded into, where CC-CEDICT writes it in one way nearly always.
"""
import collections
import gzip
import os
import re
import sys

MEANINGS = 4  # of one word; later ones are rare senses
WORDS = 3  # in one meaning; longer ones explain instead of naming
KEPT = "么"  # the simplified form of 麼 that CC-CEDICT also writes 幺: 什么 stays 什么
SURE = 0.9  # share of one simplified form from which on a character folds into it
# Meanings that tell of the entry and not of the world.
ABOUT = re.compile(
    r"\b(variant of|see also|see |used in|surname|classifier|CL:|Taiwan pr|abbr\. for|idiom|erhua|pr\.|onom|interjection|particle|dialect|archaic|old name|place name|county|prefecture|district|township)"
)
FILLERS = {"a", "an", "the", "to", "be", "of", "sb", "sth", "etc", "or", "and", "one", "one's", "sb's", "in", "on", "for", "with", "by", "at", "as", "from", "up", "out", "off", "it", "is"}


def meanings(text):
    kept = []
    for meaning in re.split(r"[/;]", text):
        if ABOUT.search(meaning):
            continue
        meaning = re.sub(r"\([^)]*\)|\[[^\]]*\]", " ", meaning)
        meaning = re.split(r", ", meaning)[0]
        words = [word for word in re.findall(r"[A-Za-z0-9][A-Za-z0-9'.+-]*", meaning)]
        content = [word for word in words if word.lower() not in FILLERS]
        if content and len(content) <= WORDS and re.search("[A-Za-z]", meaning):
            phrase = " ".join(word.rstrip(".'-") for word in content)
            if phrase.lower() not in (other.lower() for other in kept):
                kept.append(phrase)
    return kept


def main(path):
    opened = gzip.open if path.endswith(".gz") else open
    words = collections.OrderedDict()
    forms = collections.defaultdict(collections.Counter)
    for line in opened(path, "rt", encoding="utf-8"):
        entry = re.match(r"(\S+) (\S+) \[[^\]]*\] /(.*)/\s*$", line)
        if line.startswith("#") or not entry:
            continue
        traditional, simplified, glosses = entry.groups()
        if len(traditional) == len(simplified):
            for old, new in zip(traditional, simplified):
                forms[old][new] += 1
        if re.fullmatch("[\u3400-\u9fff]{2,6}", simplified):
            found = words.setdefault(simplified, [])
            found.extend(one for one in meanings(glosses) if one not in found)
    here = os.path.dirname(os.path.abspath(__file__))
    with open(os.path.join(here, "words.tsv"), "w", encoding="utf-8") as out:
        for word in sorted(words):
            if words[word]:
                out.write(f"{word}\t{';'.join(words[word][:MEANINGS])}\n")
    with open(os.path.join(here, "traditional.txt"), "w", encoding="utf-8") as out:
        for old in sorted(forms):
            new, count = forms[old].most_common(1)[0]
            # A character that is also a simplified one (乾, 后) says less than it seems to.
            if new != old and old not in KEPT and count >= SURE * sum(forms[old].values()):
                out.write(f"{old}{new}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
