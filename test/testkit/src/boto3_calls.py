"""Makes the calls on standard input with boto3 and prints what came of each, as JSON.

Input: [{"service": "iam", "op": "create_user", "in": {"UserName": "a"}}, ...]
Output: [{"status": 200, "out": {...}} or {"status": 404, "code": "...", "message": "..."}, ...]

Parameters go out as they are given, also those that boto3 itself would refuse: the server must.
"""

import json
import sys

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

CONFIG = Config(parameter_validation=False, retries={"max_attempts": 0}, read_timeout=120)


def plain(value):
    if isinstance(value, bytes):
        return value.decode("latin-1")
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if hasattr(value, "read"):
        return value.read().decode("latin-1")
    return str(value)


def call(clients, wanted):
    service = wanted["service"]
    if service not in clients:
        clients[service] = boto3.client(service, config=CONFIG)
    try:
        out = getattr(clients[service], wanted["op"])(**wanted["in"])
    except ClientError as error:
        answer = error.response
        return {
            "status": answer["ResponseMetadata"]["HTTPStatusCode"],
            "code": answer["Error"].get("Code", ""),
            "message": answer["Error"].get("Message", ""),
        }
    metadata = out.pop("ResponseMetadata", {})
    return {"status": metadata.get("HTTPStatusCode", 0), "out": out}


def main():
    clients = {}
    answers = [call(clients, wanted) for wanted in json.load(sys.stdin)]
    json.dump(answers, sys.stdout, default=plain)


main()
