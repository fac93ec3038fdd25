"""Wrong lines to put in, one at a time: those that cosmic-ray makes, and calls left out; which are asked is by chance.

A mutant is known by its line, not by its place: what was decided stays so when other lines move.
"""

import ast
import hashlib
import inspect
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import CodeType

import parso.python.tree
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.ast.ast_query import ASTQuery
from cosmic_ray.mutating import mutate_code
from cosmic_ray.operators.operator import Operator
from cosmic_ray.plugins import get_operator
from cosmic_ray.work_item import MutationSpec, WorkItem

# Of each pair that says the same of a test, one: eight ways to spoil an addition tell no more than one.
CHOSEN = [
    "AddNot", "ReplaceAndWithOr", "ReplaceOrWithAnd", "ReplaceTrueWithFalse", "ReplaceFalseWithTrue",
    "NumberReplacer", "ReplaceComparisonOperator_Eq_NotEq", "ReplaceComparisonOperator_NotEq_Eq",
    "ReplaceComparisonOperator_Is_IsNot", "ReplaceComparisonOperator_IsNot_Is", "ReplaceComparisonOperator_Lt_LtE",
    "ReplaceComparisonOperator_LtE_Lt", "ReplaceComparisonOperator_Gt_GtE", "ReplaceComparisonOperator_GtE_Gt",
    "ReplaceUnaryOperator_Delete_Not", "ReplaceBinaryOperator_Add_Sub", "ReplaceBinaryOperator_Sub_Add",
    "ReplaceBinaryOperator_BitOr_BitAnd", "ReplaceBinaryOperator_BitAnd_BitOr", "ReplaceBreakWithContinue",
    "ReplaceContinueWithBreak", "ExceptionReplacer", "RemoveDecorator", "ZeroIterationForLoop",
]  # fmt: skip
# What runs in processes of its own, or only makes the demo, no line tells of; rows and addresses are declarations.
LEFT_OUT = {"migrations", "models", "management", "demo", "extraction", "settings", "urls", "apps", "wsgi", "launcher"}
LEFT_OUT |= {"server", "web", "heartbeat", "probe", "upkeep", "engines"}


class LeaveOutCall(Operator):
    """A statement that is only a call is not made: a question of rights, a row of the log, a mail."""

    def mutation_positions(self, node: parso.tree.NodeOrLeaf) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
        if node.type == "atom_expr" and node.parent.type == "simple_stmt" and node.children[-1].type == "trailer":
            yield node.start_pos, node.end_pos

    def mutate(self, node: parso.tree.NodeOrLeaf, index: int) -> parso.tree.NodeOrLeaf:
        return parso.python.tree.Keyword("None", node.start_pos, node.get_first_leaf().prefix)

    @classmethod
    def examples(cls) -> tuple[()]:
        return ()


OPERATORS = {f"core/{name}": get_operator(f"core/{name}") for name in CHOSEN} | {"ours/LeaveOutCall": LeaveOutCall}


@dataclass
class Mutant:
    """One wrong line of the module at `path`, below `root`."""

    root: Path
    path: str
    spec: MutationSpec
    key: str

    @property
    def line(self) -> int:
        return self.spec.start_pos[0]

    @cached_property
    def source(self) -> str:
        return (self.root / self.path).read_text()

    @cached_property
    def wrong(self) -> str:
        """The module with that line; nothing where that is no Python, or only a type is spoilt, which nothing runs."""
        wrong = mutate_code(self.source, OPERATORS[self.spec.operator_name](), self.spec.occurrence) or ""
        try:
            return "" if _without_types(wrong) == _without_types(self.source) else wrong
        except SyntaxError:  # of `if name := …` it makes `if not name := …`
            return ""

    @property
    def item(self) -> WorkItem:
        return WorkItem.single(self.key, self.spec)

    def codes(self) -> "dict[tuple[str, int, bytes], CodeType] | None":
        """By function, what it does now; None where a line is wrong that runs once, when the module is read."""
        file = str(self.root / self.path)
        right, wrong = (list(_codes(compile(text, file, "exec"))) for text in (self.source, self.wrong))
        if [_fixed(code) for code in right] != [_fixed(code) for code in wrong]:
            return None
        return {place(old): new for old, new in zip(right, wrong, strict=True)}


def place(code: CodeType) -> tuple[str, int, bytes]:
    return code.co_qualname, code.co_firstlineno, code.co_linetable


def modules(root: Path, asked: list[str]) -> list[str]:
    """The modules at or below the paths asked for, without those that are left out."""
    files = [file for name in asked for file in [root / name, *(root / name).rglob("*.py")] if file.suffix == ".py"]
    paths = {file.relative_to(root).with_suffix("") for file in files}
    return sorted(f"{path}.py" for path in paths if not {part.split("_")[0] for part in path.parts} & LEFT_OUT)


def sample(root: Path, paths: list[str], count: int, seed: str) -> list[Mutant]:
    """So many of all, by chance; a larger sample of the same seed holds the smaller one."""
    everything = [mutant for path in paths for mutant in _mutants(root, path)]
    return sorted(everything, key=lambda mutant: hashlib.sha256(f"{seed} {mutant.key}".encode()).digest())[:count]


def _mutants(root: Path, path: str) -> Iterator[Mutant]:
    source = (root / path).read_text()
    lines, seen = source.splitlines(), Counter[str]()
    nodes = list(ast_nodes(get_ast(source)))
    for name, operator in OPERATORS.items():
        found = ((node, *span) for node in nodes for span in operator().mutation_positions(node))
        for occurrence, (node, start, end) in enumerate(found):
            where = ASTQuery(node).get_definition_name()
            spec = MutationSpec(Path(path), name, occurrence, start, end, definition_name=where)
            words = f"{path} {where} {name} {start[1]} {lines[start[0] - 1].strip()}"
            seen[words] += 1
            yield Mutant(root, path, spec, hashlib.sha256(f"{words} {seen[words]}".encode()).hexdigest()[:24])


def _without_types(source: str) -> str:
    tree = ast.parse(source)
    for node in ast.walk(tree):
        for name in {"annotation", "returns"} & {*node._fields}:
            setattr(node, name, None)
    return ast.dump(tree)


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from _codes(inner)


def _fixed(code: CodeType) -> object:
    """What a module or a class does when it is read; of a function what it takes from around it."""
    if code.co_flags & inspect.CO_OPTIMIZED:
        return code.co_qualname, code.co_freevars
    return code.co_code, code.co_names, [const for const in code.co_consts if not isinstance(const, CodeType)]
