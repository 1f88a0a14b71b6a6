"""A shop that speaks gRPC, with reflection and health checks: server.py FOLDER [CERT KEY [CLIENT_CA]]"""

import os
import sys
import time
from concurrent import futures

import grpc
import grpc_tools
from google.protobuf import any_pb2
from google.rpc import status_pb2
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection
from grpc_tools import protoc

folder = sys.argv[1]
include = ["", "-I" + folder, "-I" + os.path.join(os.path.dirname(grpc_tools.__file__), "_proto")]
made = include + ["--python_out=" + folder, "--grpc_python_out=" + folder]
assert protoc.main(made + ["shop.proto", "kinds/item.proto"]) == 0
assert protoc.main(include + ["--include_imports", "--descriptor_set_out=" + folder + "/shop.set", "shop.proto"]) == 0
sys.path.insert(0, folder)
import shop_pb2
import shop_pb2_grpc
from kinds import item_pb2


class Shop(shop_pb2_grpc.ShopServicer):
    def Buy(self, item, context):
        sent = [(key, value) for key, value in context.invocation_metadata() if key.startswith("x-")]
        context.send_initial_metadata(sent)
        context.set_trailing_metadata([("x-left", "1"), ("x-left", "2")])
        if item.name == "slow":
            time.sleep(5)
        if item.name == "wrong":
            detail = any_pb2.Any()
            detail.Pack(item)
            rich = status_pb2.Status(code=3, message="no \u00fc of it", details=[detail])
            context.set_trailing_metadata([("grpc-status-details-bin", rich.SerializeToString())])
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, "no \u00fc of it")
        receipt = shop_pb2.Receipt(total=2**53 + item.count, items=[item], seal=b"\x00\xff")
        if item.name == "big":
            receipt.seal = bytes(5 << 20)
        receipt.at.FromMilliseconds(1500)
        return receipt

    def Watch(self, item, context):
        for count in range(item.count):
            yield item_pb2.Item(name=item.name, count=count)
        if item.name == "wrong":
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, "sold out")
        if item.name == "slow":
            time.sleep(5)

    def Load(self, items, context):
        return shop_pb2.Receipt(total=sum(item.count for item in items))

    def Chat(self, items, context):
        for item in items:
            yield item


server = grpc.server(futures.ThreadPoolExecutor(max_workers=16))
shop_pb2_grpc.add_ShopServicer_to_server(Shop(), server)
checks = health.HealthServicer()
checks.set("", health_pb2.HealthCheckResponse.SERVING)
checks.set("shop.Shop", health_pb2.HealthCheckResponse.NOT_SERVING)
health_pb2_grpc.add_HealthServicer_to_server(checks, server)
reflection.enable_server_reflection(["shop.Shop", reflection.SERVICE_NAME], server)
read = lambda path: open(path, "rb").read()
if len(sys.argv) > 2:
    roots = read(sys.argv[4]) if len(sys.argv) > 4 else None
    credentials = grpc.ssl_server_credentials([(read(sys.argv[3]), read(sys.argv[2]))], roots, roots is not None)
    port = server.add_secure_port("127.0.0.1:0", credentials)
else:
    port = server.add_insecure_port("127.0.0.1:0")
server.start()
print(port, flush=True)
server.wait_for_termination()
