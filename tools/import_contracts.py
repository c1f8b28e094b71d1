"""Kinds of import contracts that import-linter does not bring along; named in pyproject.toml."""

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output


class OnlyTheEdgeImportsTheEdge(Contract):
    """Pages, admin, API, tasks and commands may import anything below; nothing below imports them.

    `edge` holds names of packages and modules. A bare name is edge wherever it lies (`pages`: each subject's pages);
    a dotted one with all that lies below it.
    """

    edge = fields.SetField(subfield=fields.StringField())
    within = fields.SetField(subfield=fields.StringField())

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        own = {module for module in graph.modules if module.split(".")[0] in self.within}  # type: ignore[operator]
        edge = {module for module in own if self._is_edge(module)}
        wrong = sorted(
            (importer, imported)
            for importer in own - edge
            for imported in graph.find_modules_directly_imported_by(importer) & edge
        )
        return ContractCheck(kept=not wrong, metadata={"wrong": wrong})

    def render_broken_contract(self, check: ContractCheck) -> None:
        for importer, imported in check.metadata["wrong"]:
            output.print_error(f"{importer} is not edge and imports {imported}")

    def _is_edge(self, module: str) -> bool:
        parts = module.split(".")
        names = {".".join(parts[:length]) for length in range(2, len(parts) + 1)}
        return bool((names | set(parts[1:])) & set(self.edge))  # type: ignore[call-overload]
