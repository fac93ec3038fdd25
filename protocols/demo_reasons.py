"""The norms, objectives and projects because of which the rules of the demo are there."""

from typing import Any

from wagtail.models import Page

from coordination.models import Norm, Objective, Project, Reason
from portal.demo import person


def load(entries: list[dict[str, Any]]) -> None:
    norms = {norm.citation: norm for norm in Norm.objects.all()}
    objectives = {objective.code: objective for objective in Objective.objects.all()}
    projects = {project.code: project for project in Project.objects.all()}
    by = person("chiara.bonacchi")
    for entry in entries:
        page = Page.objects.get(slug=entry["code"].lower())
        for citation, article in entry["norms"]:
            Reason.objects.create(page=page, norm=norms[citation], article=article, by=by)
        for code in entry.get("objectives", []):
            Reason.objects.create(page=page, objective=objectives[code], by=by)
        for code in entry.get("projects", []):
            Reason.objects.create(page=page, project=projects[code], by=by)
