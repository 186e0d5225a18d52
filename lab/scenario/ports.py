"""Says, or asks, which port of TCP, UDP or SCTP something arrived at.

ports.py serve FIRST LAST       answers at these ports, and prints "ready"
ports.py ask ADDRESS PROTO/PORT...
                                prints what answers at each, or that nobody does

SCTP is spoken on raw sockets, since many kernels have none: an INIT is answered by an INIT ACK whose cookie is the answer.
"""
import os, select, socket, struct, sys

SCTP, INIT, INIT_ACK, COOKIE = 132, 1, 2, 7


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def packet(source, to, tag, kind, mine, extra=b""):
    chunk = struct.pack("!BBHIIHHI", kind, 0, 20 + len(extra), mine, 65536, 1, 1, 1) + extra
    chunk += b"\0" * (-len(chunk) % 4)
    start = struct.pack("!HHI", source, to, tag)
    return start + struct.pack("<I", crc32c(start + b"\0\0\0\0" + chunk)) + chunk


def parts(raw):
    """Gives ports, kind, the sender's tag and what follows of a packet as a raw socket gives it."""
    body = raw[(raw[0] & 15) * 4:]
    if len(body) < 32:
        return None
    source, to = struct.unpack("!HH", body[:4])
    return source, to, body[12], struct.unpack("!I", body[16:20])[0], body[32:]


def here(port):
    return b"port %d" % port


def serve(first, last):
    streams, datagrams = {}, {}
    for port in range(first, last + 1):
        t = socket.create_server(("", port))
        u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        u.bind(("", port))
        streams[t], datagrams[u] = port, port
    raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, SCTP)
    print("ready", flush=True)
    while True:
        for s in select.select([*streams, *datagrams, raw], [], [])[0]:
            if s in streams:
                c, _ = s.accept()
                c.sendall(here(streams[s]))
                c.close()
            elif s in datagrams:
                s.sendto(here(datagrams[s]), s.recvfrom(99)[1])
            else:
                answer(raw, first, last)


def answer(raw, first, last):
    got, sender = raw.recvfrom(2000)
    p = parts(got)
    if p and p[2] == INIT and first <= p[1] <= last:
        text = here(p[1])
        cookie = struct.pack("!HH", COOKIE, 4 + len(text)) + text
        raw.sendto(packet(p[1], p[0], p[3], INIT_ACK, 77, cookie), (sender[0], 0))


def ask_sctp(address, port):
    raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, SCTP)
    raw.settimeout(5)
    mine = 30000 + os.getpid() % 30000
    raw.sendto(packet(mine, port, 0, INIT, 99), (address, 0))
    while True:
        p = parts(raw.recv(2000))
        if p and p[:3] == (port, mine, INIT_ACK):
            length = struct.unpack("!H", p[4][2:4])[0]
            return p[4][4:length]


def ask(address, what):
    proto, port = what.split("/")
    try:
        if proto == "sctp":
            return ask_sctp(address, int(port))
        s = socket.socket(socket.AF_INET, socket.SOCK_STREAM if proto == "tcp" else socket.SOCK_DGRAM)
        s.settimeout(5)
        s.connect((address, int(port)))
        if proto == "udp":
            s.send(b"?")
        return s.recv(99)
    except OSError:
        return b"nobody"


if sys.argv[1] == "serve":
    serve(int(sys.argv[2]), int(sys.argv[3]))
else:
    for what in sys.argv[3:]:
        print(what, "→", ask(sys.argv[2], what).decode())
