"""The switchboard: a page and a small API that make things go wrong, and right again."""

import tomllib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from flask import Flask, Response, jsonify, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from sandbox.microsoft.server import MicrosoftStandIn
from sandbox.serving import Serving, refuse_other_sites
from sandbox.world import Scenario, World

ADVICE = Path(__file__).with_name("advice.toml")


def advice(scenario: Scenario) -> str:
    """What to press once it is on, and what is seen then."""
    return _advice()[scenario.point or next(iter(scenario.sets))]


@cache
def _advice() -> dict[str, str]:
    return tomllib.loads(ADVICE.read_text(encoding="utf-8"))


class Switchboard:
    """Throws scenarios and takes them back."""

    def __init__(self, world: World, microsoft: MicrosoftStandIn, port: int = 0) -> None:
        self._world = world
        self._microsoft = microsoft
        app = Flask(
            "switchboard",
            template_folder=str(Path(__file__).parent / "templates"),
            static_folder=None,
        )
        app.add_url_rule("/", view_func=self._page)
        app.add_url_rule("/press", view_func=self._press, methods=["POST"])
        app.add_url_rule("/control/scenarios", view_func=self._scenarios)
        app.add_url_rule("/control/thrown", view_func=lambda: jsonify(world.thrown()))
        app.add_url_rule("/control/<what>", view_func=self._control, methods=["POST"])
        refuse_other_sites(app)
        self._serving = Serving(app, port)
        self.url = f"http://127.0.0.1:{self._serving.port}"

    def start(self) -> None:
        """Begin to answer."""
        self._serving.start()

    def stop(self) -> None:
        """Stop answering."""
        self._serving.stop()

    def _page(self) -> str:
        groups: dict[str, list[Scenario]] = {}
        for scenario in self._world.scenarios.values():
            groups.setdefault(scenario.group, []).append(scenario)
        domains = sorted(tenant.domain for tenant in self._world.tenants.values())
        targets = {
            "mailbox": self._by_owner(self._world.mailboxes),
            "tenant": self._by_owner(domains),
        }
        thrown = [(self._world.scenarios[name], target) for name, target in self._world.thrown()]
        told = {"groups": groups, "targets": targets, "thrown": thrown, "advice": advice}
        return render_template("switchboard.html", **told)

    def _by_owner(self, targets: Iterable[str]) -> list[tuple[str, list[str]]]:
        """Addresses or domains under the names of the organisations that have them."""
        found: dict[str, list[str]] = {}
        for target in targets:
            tenant = self._world.tenant_of(f"@{target.rpartition('@')[2]}")
            found.setdefault(tenant.name if tenant else "", []).append(target)
        return list(found.items())

    def _press(self) -> AnyResponse:
        name, target = request.form["name"], request.form.get("target", "")
        if request.form["do"] == "throw":
            self._world.throw(name, target)
        else:
            self._world.take_back(name, target)
        return redirect("/", 303)

    def _scenarios(self) -> Response:
        return jsonify([vars(scenario) for scenario in self._world.scenarios.values()])

    def _control(self, what: str) -> tuple[Response, int] | Response:
        asked = request.get_json()
        try:
            match what:
                case "throw":
                    self._world.throw(asked["name"], asked.get("target", ""), asked.get("times"))
                case "take_back":
                    self._world.take_back(asked["name"], asked.get("target", ""))
                case "revoke":
                    self._microsoft.revoke(asked["upn"])
                case "reset":
                    for name, target in self._world.thrown():
                        self._world.take_back(name, target)
                case _:
                    return jsonify(ok=False, error="unknown"), 404
        except LookupError as error:
            return jsonify(ok=False, error=str(error)), 400
        return jsonify(ok=True)
