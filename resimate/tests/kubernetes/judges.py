"""What policies have against objects: ``python judges.py cel|rego`` reads both as JSON, writes each object's messages.

A program by itself: the two interpreters do not get on in one process.
"""

import json
import sys
from typing import Any


def by_cel(policy: dict[str, Any], objects: list[dict[str, Any]], asked: dict[str, Any]) -> list[list[str]]:
    """``policy``: the ``spec`` of a ValidatingAdmissionPolicy; ``asked``: what is asked of the API server."""
    import celpy
    from celpy.adapter import json_to_cel
    from celpy.celtypes import MapType, StringType

    environment = celpy.Environment()

    def program(text: str) -> Any:
        return environment.program(environment.compile(text))

    variables = [(one["name"], program(one["expression"])) for one in policy.get("variables", [])]
    rules = [(one["message"], program(one["expression"])) for one in policy["validations"]]
    found = []
    for one in objects:
        known: dict[str, Any] = {"object": json_to_cel(one), "request": json_to_cel(asked), "variables": MapType()}
        for name, value in variables:
            known["variables"][StringType(name)] = value.evaluate(known)
        found.append(sorted(message for message, rule in rules if not rule.evaluate(known)))
    return found


def by_rego(policy: dict[str, Any], objects: list[dict[str, Any]], asked: dict[str, Any]) -> list[list[str]]:
    """``policy``: the module of a ConstraintTemplate, and the parameters of a constraint."""
    from regopy import Interpreter

    package = policy["module"].split()[1]
    interpreter = Interpreter()
    interpreter.add_module(package, policy["module"])
    found = []
    for one in objects:
        interpreter.set_input({"review": {"object": one, **asked}, "parameters": policy["parameters"]})
        said = json.loads(str(interpreter.query(f"x = data.{package}.violation")))
        found.append(sorted({violation["msg"] for violation in said["bindings"]["x"]}))
    return found


if __name__ == "__main__":
    asked = json.load(sys.stdin)
    judge: Any = {"cel": by_cel, "rego": by_rego}[sys.argv[1]]
    json.dump(judge(asked["policy"], asked["objects"], asked["asked"]), sys.stdout)
