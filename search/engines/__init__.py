"""Search engines, one folder each, behind one contract; what they share of a query and of Italian lies beside it."""
