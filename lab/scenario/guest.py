"""What a guest of the scenario "guests" does. The first argument is the name of a function, the rest are its arguments."""
import hashlib, os, socket, struct, sys, time

DEV = "eth0"


def mac_bytes(text):
    return bytes.fromhex(text.replace(":", ""))


def own_mac():
    with open(f"/sys/class/net/{DEV}/address") as f:
        return mac_bytes(f.read().strip())


def raw():
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    s.bind((DEV, 0))
    return s


def receive(port):
    """Takes one TCP connection to its end."""
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(("", int(port)))
    s.listen()
    print("ready", flush=True)
    c, _ = s.accept()
    total, size, begun = hashlib.sha256(), 0, time.time()
    while data := c.recv(1 << 18):
        total.update(data)
        size += len(data)
    print(total.hexdigest(), size * 8 / 1e6 / (time.time() - begun))


def send(to, port, megabytes):
    """Sends random bytes over TCP."""
    s = socket.create_connection((to, int(port)), 30)
    block, total = os.urandom(1 << 20), hashlib.sha256()
    for _ in range(int(megabytes)):
        s.sendall(block)
        total.update(block)
    print(total.hexdigest())


def ask(to, port):
    """Sends a datagram to a port each second, and says what comes of it."""
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.settimeout(1)
    s.connect((to, int(port)))
    for _ in range(20):
        try:
            s.send(b"?")
            return print("answered", s.recv(99))
        except TimeoutError:
            continue
        except OSError as e:
            return print(e)
    print("nothing")


GROUPS = ("239.1.2.3", "ff15::123")
MULTICAST = 7000


def member(group):
    s = socket.socket(socket.AF_INET6 if ":" in group else socket.AF_INET, socket.SOCK_DGRAM)
    s.settimeout(30)
    index = socket.if_nametoindex(DEV)
    s.bind((group, MULTICAST, 0, index) if ":" in group else (group, MULTICAST))
    if ":" in group:
        s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, socket.inet_pton(socket.AF_INET6, group) + struct.pack("@I", index))
    else:
        s.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton(group) + struct.pack("@4si", b"\0" * 4, index))
    return s


def hear():
    """Hears what is said to the groups until "end", and prints it."""
    members = [member(g) for g in GROUPS]
    print("ready", flush=True)
    heard = []
    for m in members:
        while (word := m.recv(99).decode()) != "end":
            heard.append(word)
    print(*heard)


def say(*words):
    """Says words to the groups."""
    for group in GROUPS:
        six = ":" in group
        s = socket.socket(socket.AF_INET6 if six else socket.AF_INET, socket.SOCK_DGRAM)
        if six:
            s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, socket.if_nametoindex(DEV))
        else:
            index = socket.if_nametoindex(DEV)
            s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, struct.pack("@4s4si", b"\0" * 4, b"\0" * 4, index))
        for word in words + ("end",):
            s.sendto(word.encode(), (group, MULTICAST))


def frames(*to):
    """Sends a frame of no protocol in particular to MACs, untagged and with a tag."""
    s, mac = raw(), own_mac()
    for t in to:
        for kind in (b"\x88\xcc", b"\x81\x00\x00\x64\x88\xb5"):
            s.send(mac_bytes(t) + mac + kind + bytes(60))


def poses(*macs):
    """Sends broadcasts from others' MACs for three seconds."""
    s, end = raw(), time.time() + 3
    while time.time() < end:
        for m in macs:
            s.send(b"\xff" * 6 + mac_bytes(m) + b"\x88\xb5" + bytes(60))
        time.sleep(0.01)


def checksum(b):
    n = sum(struct.unpack(f"!{len(b) // 2}H", b))
    n = (n >> 16) + (n & 0xFFFF)
    return ~(n + (n >> 16)) & 0xFFFF


def discover(mac, _):
    b = struct.pack("!BBBBIHH", 1, 1, 6, 0, 1, 0, 0x8000) + bytes(16) + mac + bytes(202) + b"\x63\x82\x53\x63\x35\x01\x01\xff"
    udp = struct.pack("!HHHH", 68, 67, 8 + len(b), 0) + b
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, b"\0" * 4, b"\xff" * 4)
    return b"\xff" * 6 + mac + b"\x08\x00" + head[:10] + struct.pack("!H", checksum(head)) + head[12:] + udp


def link_local(mac):
    return b"\xfe\x80" + bytes(6) + bytes([mac[0] ^ 2]) + mac[1:3] + b"\xff\xfe" + mac[3:]


def asks_arp(mac, own):
    return b"\xff" * 6 + mac + b"\x08\x06\0\x01\x08\0\x06\x04\0\x01" + mac + own + bytes(6) + own[:2] + os.urandom(2)


def asks_neighbour(mac, _):
    target = b"\xfd" + os.urandom(15)
    to = bytes.fromhex("ff0200000000000000000001ff") + target[13:]
    body = b"\x87" + bytes(7) + target + b"\x01\x01" + mac
    return b"\x33\x33" + to[12:] + mac + b"\x86\xdd\x60" + bytes(3) + b"\0\x20\x3a\xff" + link_local(mac) + to + body


def asks_router(mac, _):
    to = b"\xff\x02" + bytes(13) + b"\x02"
    return b"\x33\x33\0\0\0\x02" + mac + b"\x86\xdd\x60" + bytes(3) + b"\0\x08\x3a\xff" + link_local(mac) + to + b"\x85" + bytes(7)


def to_nobody(mac, own):
    udp = struct.pack("!HHHH", 9, 9, 8, 0)
    return b"\x02" + os.urandom(5) + mac + b"\x08\0" + struct.pack("!BBHHHBBH4s4s", 0x45, 0, 28, 0, 0, 64, 17, 0, own, b"\x0a\0\0\x63") + udp


def from_others(mac, own):
    return asks_arp(b"\x02" + os.urandom(5), own)


def flood(rate, seconds, address, *kinds):
    """Sends frames of kinds by turns."""
    s, mac, own = raw(), own_mac(), socket.inet_aton(address)
    makers = [globals()[k] for k in kinds]
    sent, begun = 0, time.time()
    while (now := time.time()) < begun + float(seconds):
        while sent < (now - begun) * int(rate):
            s.send(makers[sent % len(makers)](mac, own))
            sent += 1
        time.sleep(0.001)
    print(sent, round(sent / (time.time() - begun)))


globals()[sys.argv[1]](*sys.argv[2:])
