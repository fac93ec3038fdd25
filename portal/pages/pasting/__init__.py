"""What somebody pastes from Word, LibreOffice or the web, as sections, lists and tables of a page.

`reading` takes the foreign HTML apart, `lists` puts Word's lists together, `answer` says it in blocks and words.
"""
