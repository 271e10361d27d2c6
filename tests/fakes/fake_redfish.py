#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A BMC on 127.0.0.1 that speaks Redfish over HTTPS, with a known power, and misbehaves on demand.

fake_redfish.py FOLDER: makes a key and a certificate in FOLDER (openssl), prints "PORT" once it listens, and
obeys FOLDER/scenario, which is read at every request. FOLDER/requests lists the requests, FOLDER/fingerprint is the
key's. Ends when stdin does. --plain: without TLS.
Power of chassis 1U: 300 W and 100 W in turn, from one read to the next. Its energy: 1000 J more at each read.
"""
import base64
import http.server
import json
import os
import pathlib
import socket
import ssl
import struct
import subprocess
import sys
import threading
import time

FOLDER = pathlib.Path(sys.argv[1])
AUTHORIZATION = "Basic YnRyYWNrOmhvcnNlLWJhdHRlcnk="  # btrack:horse-battery
TOKEN = "staple-token"
HANG_S = 20


def link(path):
    return {"@odata.id": path}


def collection(*paths):
    return {"Members": [link(p) for p in paths], "Members@odata.count": len(paths)}


class Machine:
    """The resources of each topology, as functions of how often they were read."""

    def __init__(self):
        self.reads = 0
        self.lock = threading.Lock()

    def chassis(self, name, kind="RackMount", parent=None, **links):
        body = {"@odata.type": "#Chassis.v1_24_0.Chassis", "Id": name, "Name": f"Chassis {name}", "ChassisType": kind}
        if parent:
            body["Links"] = {"ContainedBy": link(f"/redfish/v1/Chassis/{parent}")}
        for key, there in links.items():
            if there:
                body[key] = link(f"/redfish/v1/Chassis/{name}/{key}")
        return body

    def resource(self, path, scenario):
        base = "/redfish/v1/Chassis"
        if path == "/redfish/v1/":
            return {"@odata.id": "/redfish/v1/", "Chassis": link(base)}
        return self.legacy(path, base) if scenario == "legacy" else self.modern(path, base, scenario)

    def modern(self, path, base, scenario):
        table = {
            base: {**collection(f"{base}/1U"), "Members@odata.nextLink": f"{base}?page=2"},
            f"{base}?page=2": collection(f"{base}/GPUs", f"{base}/Tray"),
            f"{base}/1U": self.chassis("1U", EnvironmentMetrics=True, Power=True),
            f"{base}/Tray": self.chassis("Tray", "Module", "1U"),
            f"{base}/GPUs": self.chassis("GPUs", "Module", "Tray", Sensors=True),
            f"{base}/GPUs/Sensors": collection(f"{base}/GPUs/Sensors/Total", f"{base}/GPUs/Sensors/Fan"),
            f"{base}/GPUs/Sensors/Total": {"Id": "Total", "Reading": 80.5, "ReadingUnits": "W",
                                           "PhysicalContext": "Chassis", "SensingInterval": "PT2S"},
            f"{base}/GPUs/Sensors/Fan": {"Id": "Fan", "Reading": 9, "ReadingUnits": "W", "PhysicalContext": "Fan"},
            f"{base}/1U/Sensors/Power": {"Id": "Power", "Reading": 1, "Accuracy": 2.5,
                                         "ReadingUnits": "kW" if scenario == "wrong_unit" else "W"},
        }
        if path == f"{base}/1U/EnvironmentMetrics":
            with self.lock:
                self.reads += 1
                reads = self.reads
            value = {"negative": -4, "null": None, "huge": 1e300, "text": "210 W", "zero": 0}
            watts = value[scenario] if scenario in value else (300 if reads % 2 else 100)
            return {"Id": "EnvironmentMetrics", "EnergykWh": {"Reading": 12.345},
                    "EnergyJoules": {"Reading": value.get(scenario, 1000.5 + 1000 * (reads - 1))},
                    "PowerWatts": {"Reading": watts, "DataSourceUri": f"{base}/1U/Sensors/Power"}}
        return table.get(path)

    def legacy(self, path, base):
        return {
            base: collection(f"{base}/A", f"{base}/B"),
            f"{base}/A": self.chassis("A", Power=True),
            f"{base}/B": self.chassis("B", Power=True),
            f"{base}/A/Power": {"PowerControl": [{"PhysicalContext": "CPU", "PowerConsumedWatts": 55},
                                                 {"PhysicalContext": "Chassis", "PowerConsumedWatts": 590,
                                                  "PowerMetrics": {"AverageConsumedWatts": 587, "IntervalInMin": 20}}]},
            f"{base}/B/Power": {"PowerControl": [{"PowerMetrics": {"AverageConsumedWatts": 410, "IntervalInMin": 2}}]},
        }.get(path)


MACHINE = Machine()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def send(self, status, body, kind="application/json", declared=None):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(declared or len(body)))
        self.end_headers()
        self.wfile.write(body)

    def allowed(self):
        return self.headers.get("Authorization") == AUTHORIZATION or self.headers.get("X-Auth-Token") == TOKEN

    def drip(self, head):
        self.wfile.write(head)
        for _ in range(HANG_S * 10):
            time.sleep(0.1)
            self.wfile.write(b"a")

    def reset(self):
        raw = self.connection
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        os.close(raw.detach())  # RST instead of FIN, and no farewell of TLS

    def do_GET(self):
        scenario = (FOLDER / "scenario").read_text(encoding="ascii").strip()
        with open(FOLDER / "requests", "a", encoding="ascii") as requests:
            requests.write(self.path + "\n")
        try:
            self.answer(scenario)
        except OSError:
            self.close_connection = True

    def answer(self, scenario):
        if not self.allowed():
            return self.send(401, b"{}")
        body = MACHINE.resource(self.path, scenario)
        whole = json.dumps(body).encode()
        acts = {
            "html": lambda: self.send(200, b"<html><body>Please log in</body></html>", "text/html"),
            "truncated": lambda: self.send(200, whole[: len(whole) // 2]),
            "array": lambda: self.send(200, b"[" * 100000),
            "number": lambda: self.send(200, b"42"),
            "unauthorised": lambda: self.send(401, b"{}"),
            "missing": lambda: self.send(404, b"{}"),
            "busy": lambda: self.send(503, b"starting"),
            "redirect": lambda: self.send(302, b""),
            "stalls": lambda: time.sleep(HANG_S),
            "drips_body": lambda: self.drip(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"),
            "drips_header": lambda: self.drip(b"HTTP/1.1 200 OK\r\nX-Long: "),
            "no_http": lambda: self.wfile.write(b"\x00\x01SSH-2.0-nonsense\r\n" * 10),
            "long_status": lambda: self.wfile.write(b"HTTP/1.1 200 " + b"A" * 4000000),
            "endless": lambda: self.send(200, b"1" * 8000000),
            "cut": lambda: self.send(200, whole, declared=len(whole) + 500),
            "resets": self.reset,
        }
        if scenario in acts:
            self.close_connection = scenario not in ("busy", "html", "missing", "number", "unauthorised")
            return acts[scenario]()
        return self.send(200, whole) if body is not None else self.send(404, b"{}")


def main():
    certificate, key = FOLDER / "bmc.pem", FOLDER / "bmc.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-days", "2", "-subj", "/CN=bmc", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key,
                    "-out", certificate], check=True, stderr=subprocess.DEVNULL)
    pin = f"openssl x509 -in '{certificate}' -pubkey -noout | openssl pkey -pubin -outform der | openssl dgst -sha256 -binary"
    digest = subprocess.run(pin, shell=True, check=True, stdout=subprocess.PIPE).stdout
    (FOLDER / "fingerprint").write_text("sha256//" + base64.b64encode(digest).decode(), encoding="ascii")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if len(sys.argv) < 3 or sys.argv[2] != "--plain":
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        # the handshake in the connection's own thread: a client that refuses us must not stop the others
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    server.handle_error = lambda *_: None
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_address[1], flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
