"""From a document of Word to a draft.

`reading` lets the document be read and keeps what was found, `report` says what did not fit, `kinds` knows which part
of a page each heading becomes, `making` makes the draft, `forms` and `views` are where somebody looks before.
"""
