"""From a document of Word to a draft.

`reading` lets the document be read and keeps what was found, `report` says what did not fit, `kinds` knows which part
of a page each heading becomes, `proposing` what a document seems to be, `making` makes the draft; many at once go by
`several`. `forms`, `table_forms` and `views` are where somebody looks before.
"""
