"""An FTP server for one user and a few files in memory: as much of RFC 959 as a download needs."""

import socket
import threading


class FtpServer:
    def __init__(self, user, password, files):
        self.user, self.password, self.files = user, password, files
        self.asked = []  # what was asked for, found or not
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            sock, _ = self.socket.accept()
            threading.Thread(target=self.serve, args=(sock,), daemon=True).start()

    def serve(self, sock):
        def reply(text):
            sock.sendall(f"{text}\r\n".encode())

        user, listener = "", None
        try:
            with sock, sock.makefile("r", encoding="utf-8", newline="\r\n") as lines:
                reply("220-A server\r\n220 of the tests")
                for line in lines:
                    word, _, argument = line.rstrip("\r\n").partition(" ")
                    if word == "USER":
                        user = argument
                        reply("331 And the password?")
                    elif word == "PASS":
                        good = (user, argument) == (self.user, self.password)
                        reply("230 Logged in" if good else "530 No")
                    elif word == "TYPE":
                        reply("200 As it is")
                    elif word == "PASV":
                        listener = socket.create_server(("127.0.0.1", 0))
                        port = listener.getsockname()[1]
                        reply(f"227 Entering Passive Mode (127,0,0,1,{port // 256},{port % 256})")
                    elif word == "RETR":
                        self.asked.append(argument)
                        if argument not in self.files:
                            reply("550 No such file")
                            continue
                        data, _ = listener.accept()
                        reply("150 Here it is")
                        with data:
                            data.sendall(self.files[argument])
                        reply("226 That was all")
                    elif word == "QUIT":
                        return reply("221 Bye")
                    else:
                        reply("502 Not here")
        except OSError:
            pass  # the client has gone
