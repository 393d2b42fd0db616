"""An HTTPS server of Python's own, for firmware that is downloaded and logs that are uploaded.

Usage: file_server.py FOLDER CERTIFICATE KEY     prints "listening PORT" once it does

GET /firmware.bin   20,000 bytes         GET /short    ends within the body
GET /silent         never answers        PUT, POST     into FOLDER, but /denied/... is 403
"""

import http.server
import pathlib
import ssl
import sys
import threading


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, body=b"", length=None):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = True

    def do_GET(self):
        if self.path == "/firmware.bin":
            self.answer(200, b"f" * 20000)
        elif self.path == "/short":
            self.answer(200, b"f" * 100, 20000)
        elif self.path == "/silent":
            threading.Event().wait()
        else:
            self.answer(404)

    def do_PUT(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path.startswith("/denied/"):
            self.answer(403)
            return
        (pathlib.Path(sys.argv[1]) / pathlib.Path(self.path).name).write_bytes(body)
        self.answer(201)

    do_POST = do_PUT

    def log_message(self, *words):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def get_request(self):
        connection, address = super().get_request()
        # The handshake is the connection's own thread's.
        return context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False), address

    def handle_error(self, request, client_address):
        pass


context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[2], sys.argv[3])
server = Server(("127.0.0.1", 0), Handler)
print("listening", server.server_address[1], flush=True)
server.serve_forever()
