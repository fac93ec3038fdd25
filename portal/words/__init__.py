"""How things are written: days, terms, telephones, the network's words."""
