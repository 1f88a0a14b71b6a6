"""Counts what is in the tables with boto3, exactly: orders, their lines, what they come to, and the smallest stock."""
import json
import sys
from decimal import Decimal
import boto3

tables = boto3.resource(
    "dynamodb", endpoint_url=sys.argv[1], region_name="us-east-1", aws_access_key_id="k", aws_secret_access_key="s")


def items(name):
    answer = tables.Table(name).scan()
    yield from answer["Items"]
    while "LastEvaluatedKey" in answer:
        answer = tables.Table(name).scan(ExclusiveStartKey=answer["LastEvaluatedKey"])
        yield from answer["Items"]


orders, lines, total, of_lines, quantity = 0, 0, Decimal(0), Decimal(0), 0
for item in items("Orders"):
    if item["line"] == "order":
        orders += 1
        total += item["total"]
    for line in item.get("lines", [] if item["line"] == "order" else [item]):
        lines += 1
        of_lines += line["total"]
        quantity += int(line["quantity"])
products = list(items("Products"))
print(json.dumps({
    "orders": orders, "lines": lines, "items": quantity, "total": f"{total:.2f}", "of_lines": f"{of_lines:.2f}",
    "products": len(products), "stock": int(sum(p["stock"] for p in products)),
    "least": int(min(p["stock"] for p in products)),
}))
