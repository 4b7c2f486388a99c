"""Prints the CloudFormation template that SAM makes of a SAM template, and finds errors that a linter does not know."""

import json
import sys

from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse


# The route of the dashboard's files. It serves no data and needs no token: the page for signing in must be visible before.
PAGES = "/$default"


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
            yield from open_routes(name, properties["Body"]["paths"])
        if kind == "AWS::Scheduler::Schedule" and "Name" in properties:
            yield f"{name} has a fixed name: a second stack in the account would fail on it"
        if kind == "AWS::IAM::Role" and any("policy/service-role" in str(arn) for arn in properties.get("ManagedPolicyArns", [])):
            yield f"{name} was made by SAM, with permissions on every resource of the account"


def open_routes(api, paths):
    for path, methods in paths.items():
        for method, route in methods.items():
            if path == PAGES and "DashboardFunction" in str(route["x-amazon-apigateway-integration"]):
                continue
            if route.get("security") != [{"Jwt": []}]:
                yield f"{api}: {method} {path} is reachable without a token"


def main():
    template = translate(sys.argv[1])
    found = list(defects(template["Resources"]))
    if found:
        sys.exit("\n".join(found))
    json.dump(template, sys.stdout, indent=2)


main()
