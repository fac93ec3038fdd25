"""Which branch of the tree a page lies in, asked so that an index answers.

A path tells the branch: its first characters name the space. `path__beneath=[…]` compares beginnings of paths with
whole lists, so that no query grows by a condition for each branch. Indexes of the beginnings that name a space, and a
page directly in one, stand on Wagtail's own table: they are made after each `migrate`, because SQLite loses them when
a migration of Wagtail's remakes the table.
"""

from typing import Any

from django.db import connections
from django.db.models import CharField, Lookup
from wagtail.models import Page

SPACE_DEPTH = 3  # every space's root page lies here, so that a page's space follows from its path
SPACE_PATH = SPACE_DEPTH * Page.steplen
BRANCH_PATH = SPACE_PATH + Page.steplen
INDEXED = (BRANCH_PATH, SPACE_PATH)  # lengths of beginnings, the longest first
INDEXES = {
    "portal_page_space": f"SUBSTR(path, 1, {SPACE_PATH}), content_type_id",
    "portal_page_kind": "content_type_id, slug",  # the order of a list of one kind
    "portal_page_branch": f"SUBSTR(path, 1, {BRANCH_PATH})",
    "portal_page_depth": "depth",
    "portal_page_address": "url_path",
}
EQUAL_ALONE = {"portal_page_address"}  # of any length: PostgreSQL keeps no long text in order


@CharField.register_lookup
class Beneath(Lookup):  # type: ignore[type-arg]  # Django's own is not generic
    """Whether what lies at the path is one of these branches, or in one of them."""

    lookup_name = "beneath"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        column, column_params = self.process_lhs(compiler, connection)
        if column_params:
            raise TypeError("only a column of paths lies beneath something")
        by_length: dict[int, list[str]] = {}
        for path in self.rhs:
            by_length.setdefault(len(path), []).append(path)
        if not by_length:
            return "1 = 0", []
        parts, params = [], []
        for length, paths in sorted(by_length.items()):
            # A deeper branch is looked for in the longest beginning that has an index, and only there compared whole.
            near = next((each for each in INDEXED if each <= length), length)
            for end in sorted({near, length}):
                beginnings = list(dict.fromkeys(path[:end] for path in paths))
                parts.append(f"{'' if end == near else ' AND '}{_begins(column, end, len(beginnings))}")
                params += beginnings
            parts.append(" OR ")
        return f"({''.join(parts[:-1])})", params


def _begins(column: str, length: int, count: int) -> str:
    # The length is written out: SQLite takes an index on an expression only for the very same expression.
    return f"SUBSTR({column}, 1, {int(length)}) IN ({', '.join(['%s'] * count)})"


def make_indexes(using: str, **kwargs: Any) -> None:
    """After `migrate`, which may have remade the table."""
    table = Page._meta.db_table
    with connections[using].cursor() as cursor:
        if table in connections[using].introspection.table_names(cursor):
            for name, columns in INDEXES.items():
                how = "USING HASH" if name in EQUAL_ALONE and connections[using].vendor == "postgresql" else ""
                cursor.execute(f"CREATE INDEX IF NOT EXISTS {name} ON {table} {how} ({columns})")
