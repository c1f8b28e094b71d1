"""How pages and mails read: which words of the other language are in them, and how hard their sentences are."""

import re

from lxml import html

ENGLISH = set(
    re.findall(
        r"\w+",
        "the and you your yours of to from with until share shared sharing stop request read reads company they "
        "their data bills readings log help is are not nothing page account accounts service services "
        "electricity water time date day ended receipt password november by at on for scope grant token",
    )
)
PROSE = 4  # words; what is shorter is a label or a name, and a hundred of those hide one hard sentence
_WITHIN_A_LINE = {"a", "abbr", "b", "bdi", "em", "i", "kbd", "small", "span", "strong", "time"}
_SILENT = re.compile(r"(?:(?<=[^l])|(?<=[aeiouy]l))e$|(?<=[^aeiouytd])ed$|(?<=[^aeiouycgshxz])es$")
_MUTE_U = re.compile(r"(?<=[qg])u(?=[eéií])")
_NUCLEI = re.compile(r"[aeoáéóíú]|(?<![aeoáéóíúiuü])[iuü]++(?![aeoáéóíú])")


def blocks(text):
    """What a person reads, element by element; neither codes nor what says of itself that it is English."""
    page = _page(text)
    texts = [text_node for text_node in page.xpath("//body//text() | //title/text()") if text_node.strip()]
    return texts + page.xpath("//@aria-label | //@placeholder | //@data-label | //@data-one | //@data-many")


def words(text):
    return re.findall(r"[a-záéíóúüñ]+", re.sub(r"https?:\S+", "", text.lower()))


def english_in(text):
    """English words of a page or mail. Addresses and numbers are left out: random ones may hold any letters."""
    without_addresses = [re.sub(r"https?://\S+|\S*\d\S*", " ", block) for block in blocks(text)]
    return sorted({word for block in without_addresses for word in words(block)} & ENGLISH)


def ease(text):
    """How easy the sentences of a Spanish page read, after Fernández Huerta: 60 is normal prose, 100 a child's."""
    length, syllables = _averages(text, _syllables)
    return 206.84 - 60 * syllables - 1.02 * length


def grade(text):
    """The school year in which the sentences of an English page are read with ease, after Flesch and Kincaid."""
    length, syllables = _averages(text, _english_syllables)
    return 0.39 * length + 11.8 * syllables - 15.59


def sentences(text):
    """The words of each sentence of a page or a mail, once; a paragraph ends one, a link or a name in it does not."""
    page = _page(text)
    for element in page.xpath("//body//*"):
        end = "" if element.tag in _WITHIN_A_LINE else "\n"
        element.text = f"{end}{_one_line(element.text)}"
        element.tail = f"{end}{_one_line(element.tail)}"
    parts = re.split(r"[.:?!;](?:\s|$)|\n", page.find("body").text_content())
    return list(dict.fromkeys(tuple(sentence) for part in parts if len(sentence := words(part)) >= PROSE))


def _page(text):
    page = html.document_fromstring(text)
    for element in page.xpath("//script|//style|//code|//body//*[@lang='en']"):
        element.drop_tree()
    return page


def _one_line(text):
    return " ".join((text or "").split("\n"))


def _averages(text, syllables_of):
    """Words a sentence and syllables a word; of no sentence at all, those of an easy one."""
    page_sentences = sentences(text) or [["no", "more", "to", "say"]]
    page_words = [word for sentence in page_sentences for word in sentence]
    return len(page_words) / len(page_sentences), sum(map(syllables_of, page_words)) / len(page_words)


def _syllables(word):
    return len(_NUCLEI.findall(_MUTE_U.sub("", word))) or 1


def _english_syllables(word):
    return len(re.findall(r"[aeiouy]+", _SILENT.sub("", word))) or 1
