"""The lines shown under a title: text escaped, matches in <mark>."""

from html import escape

import tantivy

LENGTH = 240
# Tokenizing a whole book to find one line would cost more than the search.
LONGEST_READ = 100_000


def marked(generator: tantivy.SnippetGenerator, body: str) -> str:
    """The best stretch of the body, or nothing when it holds none of the words."""
    body = body[:LONGEST_READ]
    holder = tantivy.Document()
    holder.add_text("own", body)
    generator.set_max_num_chars(LENGTH)
    snippet = generator.snippet_from_doc(holder)
    if not snippet.highlighted():
        return ""
    # The text is already escaped, so a `<b>` can only be tantivy's.
    html = snippet.to_html().replace("<b>", "<mark>").replace("</b>", "</mark>")
    before = "" if body.startswith(snippet.fragment()) else "… "
    after = "" if body.endswith(snippet.fragment()) else " …"
    return f"{before}{html}{after}"


def beginning(body: str) -> str:
    if len(body) <= LENGTH:
        return escape(body, quote=True)
    return escape(body[:LENGTH].rsplit(None, 1)[0], quote=True) + " …"
