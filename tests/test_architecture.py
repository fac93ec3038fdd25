"""The order of the packages, one place for permissions, and names that say what a module is for."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from modelcluster.fields import ParentalKey

BASE = Path(settings.BASE_DIR)
LAYERS: list[str] = settings.LAYERS
SOURCES = sorted(path for layer in LAYERS for path in (BASE / layer).rglob("*.py"))
TEMPLATES = sorted(path for path in (BASE / "templates").rglob("*") if path.is_file())


def name_of(path: Path) -> str:
    return path.relative_to(BASE).as_posix()


def rank(name: str) -> int | None:
    """The place of a dotted name in the order; None for what is not ours."""
    first = name.split(".")[0]
    return LAYERS.index(first) if first in LAYERS else None


# --- Imports only to the left ----------------------------------------------------------------------------


def rightward_imports(source: str, module: str) -> list[str]:
    """What a module imports from a package to its right, by statement or by its name in a text."""
    here = rank(module)
    assert here is not None
    return [name for name in imported(ast.parse(source), module) if (rank(name) or 0) > here]


def imported(tree: ast.AST, module: str) -> Iterator[str]:
    dotted = re.compile(rf"({'|'.join(LAYERS)})(\.[A-Za-z_]\w*)+$")
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = ".".join(module.split(".")[: -node.level]) if node.level else ""
            base = ".".join(filter(None, [start, node.module or ""]))
            yield from (f"{base}.{alias.name}" if base else alias.name for alias in node.names)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and dotted.match(node.value):
            yield node.value


@cache
def imported_by(path: Path) -> tuple[str, ...]:
    return tuple(imported(ast.parse(path.read_text()), module_of(path)))


def module_of(path: Path) -> str:
    """The dotted name against which the relative imports of a file are read."""
    return name_of(path).removesuffix(".py").replace("/", ".")


def test_the_order_is_the_one_of_the_design_and_the_apps_are_loaded_in_it() -> None:
    assert LAYERS == ["portal", "coordination", "protocols", "training", "search"]
    assert settings.INSTALLED_APPS[: len(LAYERS)] == LAYERS
    assert all((BASE / layer / "__init__.py").exists() for layer in LAYERS)


def test_every_package_imports_only_to_the_left() -> None:
    wrong = {(name_of(path), name) for path in SOURCES for name in rightward_imports(path.read_text(), module_of(path))}
    assert wrong == set()


def test_packages_to_the_right_do_use_those_to_the_left() -> None:
    """Else the test above would pass on an empty order."""
    used = {(module_of(path).split(".")[0], name.split(".")[0]) for path in SOURCES for name in imported_by(path)}
    assert {(layer, "portal") for layer in LAYERS} <= used
    assert ("training", "protocols") in used or ("training", "coordination") in used or ("search", "protocols") in used


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("portal.notices.feed", "import search.index"),
        ("portal.notices.feed", "from search import index"),
        ("portal.notices.feed", "def later():\n    from training.models import PathPage"),
        ("portal.models.pages", "from ...search import index"),
        ("portal.notices.feed", "import_module('search.index')"),
        ("coordination.views", "from protocols.models import ProtocolPage as P"),
        ("training.models.paths", "page = models.ForeignKey('search.SearchDocument')"),
    ],
)
def test_a_planted_import_to_the_right_is_seen(module: str, source: str) -> None:
    assert rightward_imports(source, module)
    assert not rightward_imports(source, "search.documents")


# --- No rings --------------------------------------------------------------------------------------------

MODULES = {module_of(path).removesuffix(".__init__"): path for path in SOURCES if "migrations" not in path.parts}


def needs(source: str, module: str) -> set[str]:
    """The modules of ours that a module needs: wherever it imports them, and for types too; by name in a text too.

    Who imports a module imports the package around it. Left out is what Django's own names are made for: what an app's
    `ready` and `import_models` join, and what the settings name for Django to load.
    """
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and any(getattr(base, "id", "").endswith("Config") for base in node.bases):
            joins = ("ready", "import_models")
            node.body = [each for each in node.body if getattr(each, "name", "") not in joins]
    if module == "portal.settings":
        tree = ast.Module([node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)], [])
    here = f"{module}.__init__" if MODULES.get(module, Path()).name == "__init__.py" else module
    needed: set[str] = set()
    for name in imported(tree, here):
        while name and name not in MODULES:
            name = name.rpartition(".")[0]
        above = [name.rsplit(".", level)[0] for level in range(name.count(".") + 1)] if name else []
        needed |= {each for each in above if not f"{module}.".startswith(f"{each}.")} | ({name} if name else set())
    return needed - {module}


@cache
def graph() -> dict[str, frozenset[str]]:
    return {name: frozenset(needs(path.read_text(), name)) for name, path in MODULES.items()}


def rings(graph: dict[str, frozenset[str]]) -> list[tuple[str, ...]]:
    """The groups of modules that need one another, round and round."""
    reached: dict[str, set[str]] = {}
    for start in graph:
        seen, left = set(), [start]
        while left:
            new = graph.get(left.pop(), frozenset()) - seen
            seen |= new
            left += new
        reached[start] = seen
    return sorted({tuple(sorted(b for b in reached[a] if a in reached[b])) for a in graph if a in reached[a]})


def test_no_module_needs_one_that_needs_it() -> None:
    assert len(graph()) > 150 and sum(map(len, graph().values())) > 500
    assert rings(graph()) == []


@pytest.mark.parametrize(
    "source",
    [
        "from portal.notices import reviews",
        "def later():\n    from portal.notices.reviews import confirm",
        "if TYPE_CHECKING:\n    from portal.notices.reviews import Outcome",
        "reviews = import_module('portal.notices.reviews')",
        "jobs.ask('a', 'portal.notices.reviews.tell')",
        "from ..notices import reviews",
    ],
)
def test_a_planted_ring_is_seen(source: str) -> None:
    """What is to be looked at again needs the kinds of page."""
    planted = {**graph(), "portal.models.pages": graph()["portal.models.pages"] | needs(source, "portal.models.pages")}
    assert [ring for ring in rings(planted) if "portal.models.pages" in ring]


def test_what_an_app_joins_when_it_is_ready_is_no_ring() -> None:
    source = "class PortalConfig(AppConfig):\n    def {}(self):\n        from .notices import feed"
    assert needs(source.format("ready"), "portal.apps") == set()
    assert needs(source.format("other"), "portal.apps") == {"portal.notices", "portal.notices.feed"}


# --- Relations only to the left --------------------------------------------------------------------------


def rightward_relations(model: Any) -> Iterator[str]:
    """Relations and parents of a model that lie in a package to its right."""
    here = rank(model._meta.app_label)
    near = [*model._meta.parents]
    for field in model._meta.get_fields(include_hidden=True):
        if field.is_relation and not field.auto_created and field.related_model not in (None, "self"):
            near.append(field.related_model)
            near += [field.remote_field.through] if getattr(field.remote_field, "through", None) else []
    for other in near:
        there = rank(other._meta.app_label)
        if here is not None and there is not None and there > here:
            yield f"{model._meta.label} → {other._meta.label}"


def test_models_point_only_to_the_left() -> None:
    models = [model for layer in LAYERS for model in apps.get_app_config(layer).get_models(include_auto_created=True)]
    assert {model._meta.app_label for model in models} == set(LAYERS)
    assert [wrong for model in models for wrong in rightward_relations(model)] == []


def test_a_planted_relation_to_the_right_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """In the reverse order, a module's tutor would lie to its right."""
    model = apps.get_model("training", "ModulePage")
    assert list(rightward_relations(model)) == []
    monkeypatch.setitem(globals(), "LAYERS", list(reversed(LAYERS)))
    assert any(wrong.endswith("portal.User") for wrong in rightward_relations(model))


# --- An engine's words in its folder ---------------------------------------------------------------------

ENGINES = {
    "tantivy": "search.engines.embedded",
    "elasticsearch": "search.engines.elastic",
    "elasticsearch_dsl": "search.engines.elastic",
}


def test_an_engine_s_library_is_known_in_its_own_folder_only() -> None:
    """And the engines know nothing of Django."""
    used = {(name, other.split(".")[0]) for name, path in MODULES.items() for other in imported_by(path)}
    for library, folder in ENGINES.items():
        users = {name for name, other in used if other == library}
        assert users and all(name.startswith(f"{folder}.") for name in users)
    assert not {name for name, other in used if name.startswith("search.engines") and other in {"django", "wagtail"}}


# --- Permissions in one place ----------------------------------------------------------------------------

# (file, function or class) → why it may ask what only `access` asks.
MAY_ASK = {
    ("portal/access.py", "*"): "every rule is written here",
    ("portal/spaces/roles.py", "_keep_a_manager"): "no rule: what a change of roles must leave behind",
    ("portal/spaces/roles.py", "left_alone"): "no rule: what the end of an account must leave behind",
    ("portal/spaces/roles.py", "works_in"): "no rule: what somebody who leaves may hand over",
    ("portal/spaces/roles.py", "take_over"): "no rule: whether there is anything to give",
    ("portal/spaces/roles.py", "reach"): "counts the people of a group before a role is given",
    ("portal/spaces/sharing.py", "change_role"): "no rule: whether the role asked for is another than the one held",
    ("portal/spaces/role_copy.py", "_sync_permissions"): "copies the roles to where Wagtail's admin looks for them",
    ("portal/spaces/role_copy.py", "_sync_people"): "copies the roles to where Wagtail's admin looks for them",
    ("portal/receivers.py", "connect"): "listens to the table of who is in which group",
    ("portal/models/people.py", "UserManager"): "makes the first administrator",
    ("portal/models/people.py", "UserQuerySet"): "no rule: who only looks after the machine is no colleague",
    ("portal/models/people.py", "User"): "keeps a person in the group of the own body",
    ("portal/accounts/authentication.py", "ValidityBackend"): "answers Django's question about the admin's door",
    ("portal/demo.py", "_load_people"): "makes the administrator of the demo",
    ("search/canaries.py", "_held"): "opens nothing: reads from the rows alone what `access` must answer",
    ("search/canaries.py", "_readers"): "opens nothing: reads from the rows alone what `access` must answer",
    ("search/canaries.py", "_askers"): "opens nothing: reads from the rows alone what `access` must answer",
}
WORDS = {
    "is_superuser",
    "is_staff",
    "has_perm",
    "has_perms",
    "has_module_perms",
    "user_permissions",
    "get_objects_for_user",
    "ObjectPermissionChecker",
    "permissions_for_user",
}
ROLES = {"READER", "EDITOR", "APPROVER", "MANAGER"}
ASKS = {"filter", "exclude", "get", "Q", "When", "get_or_create", "update_or_create"}


def permission_words(source: str) -> set[tuple[str, str]]:
    """(function or class at the top of the file, word) for each question about rights."""
    tree = ast.parse(source)
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    found = set()
    for top in tree.body:
        where = getattr(top, "name", "")
        found |= {(where, word) for node in ast.walk(top) if (word := _permission_word(node, called))}
    return found


def _permission_word(node: ast.AST, called: set[int]) -> str:
    """The word of permission that a piece of code uses, if it does."""
    word = ""
    if isinstance(node, ast.Attribute):
        word = node.attr
    elif isinstance(node, ast.Name):
        word = node.id
    elif isinstance(node, ast.alias | ast.keyword):
        word = (node.name if isinstance(node, ast.alias) else node.arg) or ""
    if word in WORDS or (word == "groups" and isinstance(node, ast.Attribute) and id(node) not in called):
        return word
    if isinstance(node, ast.Compare) and any(map(_is_role, [node.left, *node.comparators])):
        return "role compared"
    if isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) in ASKS:
        lookups = [keyword.arg or "" for keyword in node.keywords]
        return next((each for each in lookups if re.search(r"(^|__)(role|groups)(__|$)", each)), "")
    return ""


def _is_role(node: ast.AST) -> bool:
    if isinstance(node, ast.Attribute):
        return node.attr == "role" or node.attr in ROLES
    if isinstance(node, ast.Call):
        return getattr(node.func, "id", "") == "Role" or getattr(node.func, "attr", "") == "role_in"
    if isinstance(node, ast.Tuple | ast.List | ast.Set):
        return any(map(_is_role, node.elts))
    return isinstance(node, ast.Name) and (node.id == "role" or node.id in ROLES)


def test_rights_are_asked_in_one_module_only() -> None:
    asked = {
        (name_of(path), where): word
        for path in SOURCES
        if "migrations" not in path.parts
        for where, word in permission_words(path.read_text())
    }
    wrong = {key: word for key, word in asked.items() if key not in MAY_ASK and (key[0], "*") not in MAY_ASK}
    assert wrong == {}
    unused = {
        key for key in MAY_ASK if key not in asked and (key[1] != "*" or key[0] not in {file for file, _ in asked})
    }
    assert unused == set(), "the list of exceptions is longer than it needs to be"


@pytest.mark.parametrize(
    "question",
    [
        "user.is_superuser",
        "user.has_perm('portal.manage_space', space)",
        "user.groups.filter(name='x')",
        "membership.role == 4",
        "membership.role >= Role.EDITOR",
        "role in (Role.EDITOR, Role.MANAGER)",
        "access.role_in(user, space) == Role.MANAGER",
        "Membership.objects.filter(role__gte=2)",
        "Membership.objects.filter(Q(space__memberships__role=4))",
        "User.objects.filter(groups=group)",
        "from guardian.shortcuts import get_objects_for_user",
    ],
)
def test_a_planted_question_about_rights_is_seen(question: str) -> None:
    body = question if question.startswith("from") else f"if {question}: pass"
    assert {where for where, _word in permission_words(f"def view(request):\n    {body}")} == {"view"}


@pytest.mark.parametrize(
    "other",
    ["match.groups()", "Membership(role=Role.READER)", "[role.label for role in Role]", "give_role(s, u, Role.EDITOR)"],
)
def test_what_asks_nothing_about_rights_is_let_through(other: str) -> None:
    assert permission_words(f"def view(request):\n    return {other}") == set()


def test_templates_ask_nothing_about_rights() -> None:
    """They show what the view hands them, and `frame`."""
    asks = re.compile(r"\bperms\.|\bis_superuser\b|\bis_staff\b|\buser\.groups\b|\buser\.memberships\b|\.role [=!<>]")
    assert len(TEMPLATES) > 20
    assert [name_of(path) for path in TEMPLATES if asks.search(path.read_text(encoding="utf-8"))] == []


# --- Names and habits ------------------------------------------------------------------------------------

NAMES_OF_NOTHING = {
    "util",
    "utils",
    "helper",
    "helpers",
    "service",
    "services",
    "core",
    "common",
    "misc",
    "lib",
    "tools",
}


def test_no_module_is_named_after_nothing() -> None:
    assert len(SOURCES) > 100
    parts = {(name_of(path), part) for path in SOURCES for part in path.relative_to(BASE).with_suffix("").parts}
    assert {path for path, part in parts if part in NAMES_OF_NOTHING} == set()


def broad_excepts(source: str) -> list[int]:
    """Lines that catch everything; catching it to write it down and raise it again is allowed."""
    lines = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ExceptHandler):
            caught = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
            broad = any(each is None or getattr(each, "id", "") in {"Exception", "BaseException"} for each in caught)
            last = node.body[-1]
            if broad and not (isinstance(last, ast.Raise) and last.exc is None and node.type is not None):
                lines.append(node.lineno)
    return lines


def test_no_error_is_swallowed_unnamed() -> None:
    assert {name_of(path): lines for path in SOURCES if (lines := broad_excepts(path.read_text()))} == {}
    assert broad_excepts("try:\n    f()\nexcept:\n    raise") == [3]
    assert broad_excepts("try:\n    f()\nexcept (ValueError, Exception):\n    pass") == [3]
    assert broad_excepts("try:\n    f()\nexcept Exception:\n    note()\n    raise") == []
    assert broad_excepts("try:\n    f()\nexcept OSError:\n    pass") == []


def _written_by(panel: Any) -> set[str]:
    """The fields that an editor sees in a panel."""
    if isinstance(panel, str):
        return {panel}
    below = {name for child in getattr(panel, "children", []) for name in _written_by(child)}
    return below | ({panel.field_name} if hasattr(panel, "field_name") else set())


def test_what_people_do_is_kept_in_no_child_of_a_page() -> None:
    """A child of a page comes back with every older draft: it holds what editors write, and nothing else."""
    wrong = set()
    for model in apps.get_models():
        if not any(isinstance(each, ParentalKey) for each in model._meta.fields) or model._meta.app_label not in LAYERS:
            continue
        written = {name for panel in model.panels for name in _written_by(panel)}
        structure = {"id", "sort_order", "key"} | {e.name for e in model._meta.fields if isinstance(e, ParentalKey)}
        wrong |= {f"{model.__name__}.{e.name}" for e in model._meta.fields if e.name not in structure | written}
    assert wrong == set()


def test_every_migration_says_what_it_does() -> None:
    names = {layer: sorted(path.stem for path in (BASE / layer / "migrations").glob("[0-9]*.py")) for layer in LAYERS}
    assert all(names.values()), "every package has models, and so migrations"
    unnamed = re.compile(r"\d{4}_(initial$|auto(_|$)|.*_and_more$)")
    assert [(layer, name) for layer in LAYERS for name in names[layer] if unnamed.match(name)] == []
    assert all(re.fullmatch(r"\d{4}_[a-z][a-z0-9_]+", name) for layer in LAYERS for name in names[layer])
    numbers = [[name[:4] for name in names[layer]] for layer in LAYERS]
    assert all(len(set(each)) == len(each) for each in numbers), "no two of one number"
