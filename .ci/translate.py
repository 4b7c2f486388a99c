"""Prints the CloudFormation template that SAM makes of a SAM template, and finds errors that a linter does not know."""

import json
import sys

from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse


# The routes without a token, and their functions: the dashboard's files, because the page for signing in must be visible before,
# and the documentation, which is the same in every deployment.
OPEN = {
    "/$default": "DashboardFunction",
    "/docs": "ApiFunction",
    "/docs/{proxy+}": "ApiFunction",
    "/openapi.json": "ApiFunction",
    "/openapi.yaml": "ApiFunction",
}

# What every other route asks for. Without the scope it would take ID tokens, too.
TOKEN = [{"Jwt": [{"Ref": "JwtScope"}]}]


def translate(path):
    with open(path, encoding="utf-8") as file:
        template = yaml_parse(file)
    # `sam deploy` replaces the folder with the address of the upload.
    template["Globals"]["Function"]["CodeUri"] = "s3://uploads/function.zip"
    return Translator({}, Parser()).translate(template, {})


def defects(resources):
    for name, resource in resources.items():
        kind, properties = resource["Type"], resource.get("Properties", {})
        if kind == "AWS::ApiGatewayV2::Api":
            yield from unguarded(name, properties["Body"])
        if kind == "AWS::Scheduler::Schedule" and "Name" in properties:
            yield f"{name} has a fixed name: a second stack in the account would fail on it"
        if kind == "AWS::IAM::Role" and any("policy/service-role" in str(arn) for arn in properties.get("ManagedPolicyArns", [])):
            yield f"{name} was made by SAM, with permissions on every resource of the account"


def unguarded(api, body):
    for path, methods in body["paths"].items():
        for method, route in methods.items():
            function = OPEN.get(path)
            if function and function in str(route["x-amazon-apigateway-integration"]):
                if "security" in route:
                    yield f"{api}: {method} {path} needs a token: nobody could sign in, or read how"
            elif route.get("security") != TOKEN:
                yield f"{api}: {method} {path} is reachable without an access token of the scope: {route.get('security')}"


def main():
    template = translate(sys.argv[1])
    found = list(defects(template["Resources"]))
    if found:
        sys.exit("\n".join(found))
    json.dump(template, sys.stdout, indent=2)


main()
