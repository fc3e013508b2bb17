# SPDX-License-Identifier: MIT
"""Makes the pages of the reference from the type stubs, and from the modules that have none.

python tools/reference.py FOLDER

Reads the sources, imports nothing. Each public module gets a page; each public name one place, the
module that most people import it from, and a link on the pages of the others. What a class has from
bases that are not public stands with the class. Fails when a public name has no definition, or
no description.
"""

from __future__ import annotations

import ast
import inspect
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
# Where a name that several modules have is described: in the first of these that has it.
FIRST = ["ncrypt_ext", "ncrypt_ext.ws", "ncrypt_ext.capi"]
# What a program imports in spite of its name.
ALSO = ["ncrypt_ext._engine"]
# What people know the types as that are only said by what they can do.
PROTOCOLS = {("ncrypt_ext._x509", "_HasPublicBytes"): "cryptography.x509.Certificate"}
KINDS = ["Classes", "Functions", "Records", "Flags and numbers", "Exceptions", "Data"]
Definition = tuple[str, str]  # the module that defines a name, and the name
Function = ast.FunctionDef | ast.AsyncFunctionDef
FAULTS: list[str] = []


# ---- modules ------------------------------------------------------------------------------------


def path_of(module: str) -> Path | None:
    base = ROOT / module.replace(".", "/")
    places = (base.with_suffix(".pyi"), base.with_suffix(".py"), base / "__init__.py")
    return next((path for path in places if path.is_file()), None)


@cache
def source_of(module: str) -> str:
    path = path_of(module)
    assert path is not None, module
    return path.read_text(encoding="utf-8")


@cache
def statements_of(module: str) -> list[ast.stmt]:
    """The statements of a module, those under ``if TYPE_CHECKING:`` among them."""
    body: list[ast.stmt] = []
    for statement in ast.parse(source_of(module)).body:
        body.extend(statement.body if isinstance(statement, ast.If) else [statement])
    return body


def target_of(statement: ast.stmt) -> str:
    """The name that an assignment gives a value, or ``""``."""
    target = None
    if isinstance(statement, ast.Assign):
        target = statement.targets[0]
    elif isinstance(statement, ast.AnnAssign):
        target = statement.target
    return target.id if isinstance(target, ast.Name) else ""


def definitions_in(body: list[ast.stmt]) -> Iterator[tuple[str, ast.stmt]]:
    for statement in body:
        if isinstance(statement, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield statement.name, statement
        elif target_of(statement):
            yield target_of(statement), statement


@cache
def imports_of(module: str) -> dict[str, Definition]:
    found = {}
    for statement in statements_of(module):
        if isinstance(statement, ast.ImportFrom) and statement.module:
            for alias in statement.names:
                found[alias.asname or alias.name] = (statement.module, alias.name)
        elif isinstance(statement, ast.Import):
            for alias in statement.names:
                found[alias.asname or alias.name] = (alias.name, "")
    return found


def public_names(module: str) -> list[str]:
    for name, statement in definitions_in(statements_of(module)):
        if name == "__all__" and isinstance(statement, ast.Assign):
            return list(ast.literal_eval(statement.value))
    named = (name for name, _ in definitions_in(statements_of(module)))
    return list(dict.fromkeys(name for name in named if not name.startswith("_")))


def public_modules() -> list[str]:
    found = []
    for path in sorted((ROOT / "ncrypt_ext").rglob("*.py*")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        module = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        if path.suffix in (".py", ".pyi") and "._" not in module and "portable" not in parts:
            found.append(module)
    rest = [name for name in dict.fromkeys(found + ALSO) if name not in FIRST]
    return [module for module in FIRST + rest if public_names(module)]


def find(module: str, name: str) -> tuple[Definition, list[ast.stmt]]:
    """Where a name is defined, and the statements that do; several for an overloaded function."""
    here = [
        statement for known, statement in definitions_in(statements_of(module)) if known == name
    ]
    if here:
        return (module, name), here
    if name in imports_of(module):
        origin, original = imports_of(module)[name]
        if path_of(f"{origin}.{original}") and original:
            return (f"{origin}.{original}", ""), []
        if origin.startswith("ncrypt_ext"):
            return find(origin, original)
        return (origin, original), []
    return ("", name), []


@cache
def homes() -> dict[Definition, str]:
    """The public name under which each definition is described."""
    found: dict[Definition, str] = {}
    for module in public_modules():
        for name in public_names(module):
            found.setdefault(find(module, name)[0], f"{module}.{name}")
    return found


# ---- types --------------------------------------------------------------------------------------


class Qualify(ast.NodeTransformer):
    """Gives each name of an annotation the name it is described under."""

    def __init__(self, module: str) -> None:
        self.module = module

    def visit_Name(self, node: ast.Name) -> ast.expr:
        definition, statements = find(self.module, node.id)
        if definition in PROTOCOLS:
            return ast.Name(PROTOCOLS[definition])
        if definition in homes():
            return ast.Name(homes()[definition])
        if len(statements) == 1 and isinstance(statements[0], ast.Assign | ast.AnnAssign):
            value = statements[0].value
            return Qualify(definition[0]).expression(value) if value else node  # an alias of ours
        if statements and isinstance(statements[0], ast.ClassDef):
            bases = list(shown_bases(statements[0], definition[0]))
            if "typing.Protocol" in bases:
                FAULTS.append(f"{'.'.join(definition)} stands in a signature, and is not public")
            return ast.Name(bases[0]) if bases else node
        if not definition[0] or definition[0].startswith("ncrypt_ext"):
            return node
        return ast.Name(".".join(filter(None, definition)))

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        return node

    def expression(self, node: ast.expr) -> ast.expr:
        copy = ast.parse(ast.unparse(node), mode="eval").body
        done = self.visit(copy)
        assert isinstance(done, ast.expr)
        return done

    def text(self, node: ast.expr | None) -> str:
        return "" if node is None else ast.unparse(self.expression(node))


def value_of(module: str, default: ast.expr) -> ast.expr:
    """A default as a reader can use it: not the private name of a number."""
    if isinstance(default, ast.Name) and default.id.startswith("_"):
        (statement,) = find(module, default.id)[1]
        assert isinstance(statement, ast.Assign | ast.AnnAssign)
        assert statement.value
        return ast.Name(ast.get_source_segment(source_of(module), statement.value) or default.id)
    if isinstance(default, ast.Constant) and default.value is ...:
        FAULTS.append(f"{module}: a default is left out")
    return default


def arguments_of(function: Function, module: str, *, method: bool) -> str:
    """``(arguments) -> type``, without self."""
    qualify = Qualify(module)
    (fresh,) = ast.parse(ast.unparse(function)).body
    assert isinstance(fresh, ast.FunctionDef | ast.AsyncFunctionDef)
    arguments = fresh.args
    positional = arguments.posonlyargs or arguments.args
    if method and positional:
        del positional[0]
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    for argument in every + [a for a in (arguments.vararg, arguments.kwarg) if a]:
        if argument.annotation is not None:
            argument.annotation = qualify.expression(argument.annotation)
    arguments.defaults = [value_of(module, default) for default in arguments.defaults]
    arguments.kw_defaults = [value_of(module, d) if d else None for d in arguments.kw_defaults]
    returns = qualify.text(function.returns)
    return f"({ast.unparse(arguments)})" + (f" -> {returns}" if returns else "")


# ---- text ---------------------------------------------------------------------------------------


class Piece(NamedTuple):
    """A directive: what it describes, its options, what is under it."""

    directive: str
    signatures: list[str]
    options: list[str]
    content: list[str]

    def lines(self) -> list[str]:
        first = f".. py:{self.directive}:: "
        lines = [first + self.signatures[0]]
        lines += [" " * len(first) + more for more in self.signatures[1:]]
        lines += [f"   {option}" for option in self.options] + [""]
        return lines + [f"   {line}".rstrip() for line in self.content] + [""]


def heading(text: str, line: str) -> list[str]:
    return [text, line * len(text), ""]


def described(node: ast.ClassDef | Function, name: str) -> list[str]:
    text = ast.get_docstring(node)
    if not text:
        FAULTS.append(f"{name} has no description")
    return [*(text or "").splitlines(), ""]


def decorators(function: Function) -> set[str]:
    return {ast.unparse(decorator).rpartition(".")[2] for decorator in function.decorator_list}


def comment_above(module: str, statement: ast.stmt) -> list[str]:
    """The comment that ends in the line before a statement."""
    lines = source_of(module).splitlines()
    found: list[str] = []
    number = statement.lineno - 2
    while number >= 0 and lines[number].startswith("#"):
        found.insert(0, lines[number])
        number -= 1
    return found


def comment_of(module: str, statement: ast.stmt) -> list[str]:
    """``#:`` lines above an assignment, or the string below it."""
    body = statements_of(module)
    number = body.index(statement)
    following = body[number + 1] if number + 1 < len(body) else None
    if isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant):
        return [*inspect.cleandoc(str(following.value.value)).splitlines(), ""]
    above = comment_above(module, statement)
    return [*(line[2:].strip() for line in above if line.startswith("#:")), ""]


# ---- members ------------------------------------------------------------------------------------


def function_piece(name: str, functions: list[Function], module: str, owner: str) -> Piece:
    marks = decorators(functions[0])
    static = "staticmethod" in marks
    if "overload" in marks:
        functions = [one for one in functions if "overload" in decorators(one)] or functions
    signatures = [
        name + arguments_of(one, module, method=bool(owner) and not static) for one in functions
    ]
    options = [f":{mark}:" for mark in ("staticmethod", "classmethod") if mark in marks]
    if isinstance(functions[0], ast.AsyncFunctionDef):
        options.append(":async:")
    content = described(functions[0], f"{owner}.{name}" if owner else f"{module}.{name}")
    return Piece("method" if owner else "function", signatures, options, content)


def property_piece(functions: list[Function], module: str, owner: str) -> Piece:
    getter = functions[0]
    options = [f":type: {Qualify(module).text(getter.returns)}"]
    content = described(getter, f"{owner}.{getter.name}")
    if any(decorators(one) == {"setter"} for one in functions[1:]):
        content += ["It can be set.", ""]
    return Piece("property", [getter.name], options, content)


def value_piece(directive: str, statement: ast.stmt, module: str) -> Piece:
    assert isinstance(statement, ast.Assign | ast.AnnAssign)
    options = []
    if isinstance(statement, ast.AnnAssign):
        options.append(f":type: {Qualify(module).text(statement.annotation)}")
    if statement.value is not None:
        value = ast.unparse(statement.value)
        if isinstance(statement.value, ast.Constant) and isinstance(statement.value.value, int):
            value = ast.get_source_segment(source_of(module), statement.value) or value
        if len(value) <= 60:
            options.append(f":value: {value}")
    content = comment_of(module, statement) if directive == "data" else []
    return Piece(directive, [target_of(statement)], options, content)


def members_of(node: ast.ClassDef, module: str, owner: str) -> Iterator[Piece]:
    """What a class has of its own, in the order of the source."""
    grouped: dict[str, list[ast.stmt]] = {}
    for name, statement in definitions_in(node.body):
        if not name.startswith("_"):
            grouped.setdefault(name, []).append(statement)
    for name, statements in grouped.items():
        functions = [s for s in statements if isinstance(s, ast.FunctionDef | ast.AsyncFunctionDef)]
        if not functions:
            yield value_piece("attribute", statements[0], module)
        elif "property" in decorators(functions[0]):
            yield property_piece(functions, module, owner)
        else:
            yield function_piece(name, functions, module, owner)


# ---- classes ------------------------------------------------------------------------------------


class Base(NamedTuple):
    definition: Definition
    node: ast.ClassDef | None
    text: str


def bases_of(node: ast.ClassDef, module: str) -> list[Base]:
    found = []
    for base in node.bases:
        name = base.value if isinstance(base, ast.Subscript) else base
        definition, statements = find(module, ast.unparse(name))
        class_ = next((s for s in statements if isinstance(s, ast.ClassDef)), None)
        found.append(Base(definition, class_, Qualify(module).text(name)))
    return found


def hidden_bases(node: ast.ClassDef, module: str) -> Iterator[tuple[str, ast.ClassDef]]:
    """The bases that nobody imports, nearest first: what they have is described with the class."""
    for base in bases_of(node, module):
        if base.node is not None and base.definition not in homes():
            yield base.definition[0], base.node
            yield from hidden_bases(base.node, base.definition[0])


def shown_bases(node: ast.ClassDef, module: str) -> Iterator[str]:
    for base in bases_of(node, module):
        if base.definition in homes():
            yield homes()[base.definition]
        elif base.node is not None:
            yield from shown_bases(base.node, base.definition[0])
        elif not base.definition[0].startswith("ncrypt_ext") and not base.text.startswith("_"):
            yield base.text


def constructor_of(node: ast.ClassDef, module: str) -> str:
    for where, class_ in [(module, node), *hidden_bases(node, module)]:
        for name, statement in definitions_in(class_.body):
            if name == "__init__" and isinstance(statement, ast.FunctionDef):
                return arguments_of(statement, where, method=True).partition(" -> None")[0]
    if "typing.NamedTuple" in shown_bases(node, module):
        fields = (s for s in node.body if isinstance(s, ast.AnnAssign))
        qualify = Qualify(module)
        texts = []
        for field in fields:
            text = f"{target_of(field)}: {qualify.text(field.annotation)}"
            texts.append(text + (f"={ast.unparse(field.value)}" if field.value else ""))
        return f"({', '.join(texts)})"
    return ""


def class_piece(name: str, node: ast.ClassDef, module: str) -> Piece:
    bases = list(dict.fromkeys(shown_bases(node, module)))
    exception = any(is_exception(base) for base in bases)
    options = [":final:"] if "final" in {ast.unparse(d) for d in node.decorator_list} else []
    if module.split(".")[-1][0] != "_":
        options.append(f":canonical: {module}.{name}")
    content = []
    if bases:
        content += ["Bases: " + ", ".join(f":py:class:`~{base}`" for base in bases), ""]
    content += described(node, name)
    seen: set[str] = set()
    for where, class_ in [(module, node), *hidden_bases(node, module)]:
        pieces = [p for p in members_of(class_, where, name) if p.signatures[0] not in seen]
        pieces = [p for p in pieces if p.signatures[0].partition("(")[0] not in seen]
        seen |= {piece.signatures[0].partition("(")[0] for piece in pieces}
        text = ast.get_docstring(class_)
        if class_ is not node and pieces and text:
            content += [*text.splitlines(), ""]
        for piece in pieces:
            content += piece.lines()
    directive = "exception" if exception else "class"
    return Piece(directive, [name + constructor_of(node, module)], options, content)


def is_exception(base: str) -> bool:
    return base.endswith(("Error", "Exception"))


# ---- pages --------------------------------------------------------------------------------------


def kind_of(statement: ast.stmt, module: str) -> str:
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
        return "Functions"
    if not isinstance(statement, ast.ClassDef):
        return "Data"
    bases = list(shown_bases(statement, module))
    if any(map(is_exception, bases)):
        return "Exceptions"
    if any(base.startswith("enum.") for base in bases):
        return "Flags and numbers"
    return "Records" if "typing.NamedTuple" in bases else "Classes"


def piece_of(name: str, statements: list[ast.stmt], module: str) -> Piece:
    if isinstance(statements[0], ast.ClassDef):
        return class_piece(name, statements[0], module)
    functions = [s for s in statements if isinstance(s, ast.FunctionDef | ast.AsyncFunctionDef)]
    if functions:
        return function_piece(name, functions, module, "")
    return value_piece("data", statements[0], module)


def page_of(module: str) -> list[str]:
    lines = [*heading(module, "="), f".. py:module:: {module}", ""]
    lines += [*(module_docstring(module) or "").splitlines(), ""]
    sections: dict[str, list[tuple[str, list[ast.stmt], str]]] = {kind: [] for kind in KINDS}
    elsewhere = []
    for name in public_names(module):
        definition, statements = find(module, name)
        home = homes()[definition]
        if home != f"{module}.{name}":
            elsewhere.append(f"* :py:obj:`{home}`")
        elif statements:
            sections[kind_of(statements[0], definition[0])].append(
                (name, statements, definition[0])
            )
        elif path_of(definition[0]):
            elsewhere.append(f"* :py:mod:`{definition[0]}`")
        else:
            FAULTS.append(f"{module}.{name} is defined nowhere")
    for kind, entries in sections.items():
        if entries:
            lines += heading(kind, "-")
        for name, statements, where in entries:
            above = comment_above(where, statements[0])
            if kind == "Data" and above and not above[0].startswith("#:"):
                lines += [f".. rubric:: {' '.join(line[1:].strip() for line in above)}", ""]
            lines += piece_of(name, statements, where).lines()
    if elsewhere:
        lines += heading("Also in this module", "-") + elsewhere + [""]
    return lines


def module_docstring(module: str) -> str | None:
    return ast.get_docstring(ast.parse(source_of(module)))


def index_of(modules: list[str]) -> list[str]:
    lines = [*heading("Reference", "="), "Made from the type stubs, which editors show, too.", ""]
    lines += [".. list-table::", "   :widths: auto", ""]
    for module in modules:
        first = (module_docstring(module) or "").split("\n\n")[0].replace("\n", " ")
        lines += [f"   * - :py:mod:`{module}`", f"     - {first}"]
    lines += ["", ".. toctree::", "   :hidden:", ""]
    return lines + [f"   {module}" for module in modules] + [""]


def at_home(text: str) -> str:
    """The text, with what it refers to under the names that these are described under."""

    def home(match: re.Match[str]) -> str:
        module, _, name = match[1].rpartition(".")
        found = homes().get(find(module, name)[0]) if path_of(module) else None
        return found or match[1]

    return re.sub(r"(?<=[`~<])(ncrypt_ext[\w.]*\.\w+)(?=[`>])", home, text)


def pages() -> dict[str, str]:
    """The name of each page, without its ending, and its text."""
    modules = public_modules()
    made = {module: page_of(module) for module in modules} | {"index": index_of(modules)}
    return {name: at_home("\n".join(lines)).rstrip() + "\n" for name, lines in made.items()}


def main() -> int:
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (folder / f"{name}.rst").write_text(text, encoding="utf-8")
    for fault in FAULTS:
        print(f"reference: {fault}", file=sys.stderr)
    return 1 if FAULTS else 0


if __name__ == "__main__":
    sys.exit(main())
