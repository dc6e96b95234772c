"""URLs that a tenant may write, and that must not lead to a metadata service or a link-local
address, however they are spelled; and such as must be dialled all the same."""

# ruff: noqa: E501, F541, RUF001 - strange on purpose

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

METADATA = ("169.254.169.254", "100.100.100.200", "192.0.0.192", "168.63.129.16")
LINK_LOCAL = ("169.254.0.1", "169.254.170.2", "169.254.255.254")
PRIVATE = ("127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1", "0.0.0.0")  # noqa: S104 - as targets
LITERALS_6 = (
    "fd00:ec2::254", "fd00:ec2::23", "fd20:ce::254", "fe80::1", "fe80::a9fe:a9fe", "febf::ffff",
)  # fmt: skip
PRIVATE_6 = ("::1", "::", "fc00::1", "fd12:3456::1", "fec0::1", "ff02::1", "2001:db8::1")


@dataclass(frozen=True)
class Hostile:
    """``at_creation``: the URL itself shows it; otherwise only what its name resolves to."""

    url: str
    at_creation: bool = True


NAMES: dict[str, list[str]] = {
    "metadata-alias.example": ["169.254.169.254"],
    "link-local.example": ["169.254.1.1"],
    "six.example": ["fd00:ec2::254"],
    "six-link.example": ["fe80::1"],
    "scoped.example": ["fe80::1%1"],
    "mapped.example": ["::ffff:169.254.169.254"],
    "compatible.example": ["::169.254.169.254"],
    "translated.example": ["::ffff:0:169.254.169.254"],
    "nat64.example": ["64:ff9b::a9fe:a9fe"],
    "local-nat64.example": ["64:ff9b:1::a9fe:a9fe"],
    "sixtofour.example": ["2002:a9fe:a9fe::1"],
    "teredo.example": ["2001:0:a9fe:a9fe::1"],
    "teredo-client.example": [str(IPv6Address((0x20010000 << 96) | (0xA9FEA9FE ^ 0xFFFFFFFF)))],
    "local-nat64-48.example": ["64:ff9b:1:a9fe:a9:fe00::"],
    "isatap.example": ["2001:db8::5efe:a9fe:a9fe"],
    "mixed.example": ["93.184.216.34", "169.254.169.254"],
    "mixed-families.example": ["93.184.216.34", "fd00:ec2::254"],
    "mixed-last.example": ["2606:2800:220:1::1", "93.184.216.34", "fe80::1%2"],
    "alibaba.example": ["100.100.100.200"],
    "oracle.example": ["192.0.0.192"],
    "azure.example": ["168.63.129.16"],
    "ecs-task.example": ["169.254.170.2"],
    "metadata.tencentyun.com": ["169.254.0.23"],
    "metadata.platformequinix.com": ["169.254.169.254"],
    "169-254-169-254.nip.example": ["169.254.169.254"],
    "169.254.169.254.nip.example": ["169.254.169.254"],
    "a9fea9fe.nip.example": ["169.254.169.254"],
    "xn--metadata-example": ["169.254.169.254"],
    "rebinds.example": ["169.254.169.254"],
}
"""Names that only their look-up gives away."""
PRIVATE_NAMES: dict[str, list[str]] = {
    "intranet.example": ["10.1.2.3"],
    "loopback.example": ["127.0.0.1"],
    "loopback-6.example": ["::1"],
    "unique-local.example": ["fd12::1"],
    "mapped-private.example": ["::ffff:10.0.0.1"],
    "nat64-private.example": ["64:ff9b::10.0.0.1"],
    "teredo-private.example": ["2001:0:a00:1::1"],
    "half-private.example": ["93.184.216.34", "192.168.0.1"],
    "unspecified.example": ["0.0.0.0"],  # noqa: S104 - as a target
    "benchmark.example": ["198.18.0.1"],
    "documentation.example": ["192.0.2.1"],
    "broadcast.example": ["255.255.255.255"],
    "multicast.example": ["224.0.0.1"],
}


def spellings(address: str) -> list[str]:
    """What a resolver or a URL parser somewhere takes for that IPv4 address."""
    number, octets = int(IPv4Address(address)), [int(part) for part in address.split(".")]
    a, b, c, d = octets
    dotted = [address, f"{address}.", ".".join(f"0{o:o}" for o in octets)]
    dotted += [".".join(f"0x{o:x}" for o in octets), ".".join(f"0X{o:02X}" for o in octets)]
    dotted += [".".join(f"0000{o:o}" for o in octets), f"0x{a:x}.{b}.0{c:o}.{d}"]
    dotted += [
        f"{a}.{b}.{c << 8 | d}",
        f"{a}.{number & 0xFFFFFF}",
        f"0x{a:x}.0x{number & 0xFFFFFF:x}",
    ]
    whole = [str(number), f"0x{number:x}", f"0X{number:08X}", f"0{number:o}", f"0x00000{number:x}"]
    embedded = [
        f"[::ffff:{address}]",
        f"[::ffff:{number >> 16:x}:{number & 0xFFFF:x}]",
        f"[0:0:0:0:0:ffff:{number >> 16:04X}:{number & 0xFFFF:04X}]",
        f"[::{address}]",
        f"[::ffff:0:{address}]",
        f"[64:ff9b::{address}]",
        f"[64:ff9b:1::{address}]",
        f"[2002:{number >> 16:x}:{number & 0xFFFF:x}::1]",
        f"[2001:0:{number >> 16:x}:{number & 0xFFFF:x}::1]",
        f"[{IPv6Address((0x20010000 << 96) | (number ^ 0xFFFFFFFF))}]",
        f"[2001:db8::5efe:{address}]",
        f"[fe80::5efe:{address}]",
    ]
    return dotted + whole + embedded


def _never() -> list[Hostile]:
    hosts = [host for address in METADATA for host in spellings(address)]
    hosts += [host for address in LINK_LOCAL for host in spellings(address)[:10]]
    hosts += [f"[{literal}]" for literal in LITERALS_6]
    hosts += ["[fe80::1%25eth0]", "[fe80::1%eth0]", "[fe80::1%251]", "[fd00:0ec2:0::0254]"]
    hosts += ["metadata", "metadata.google.internal", "METADATA.Google.Internal."]
    hosts += ["metadata.goog", "instance-data", "instance-data.ec2.internal", "metadata."]
    urls = [f"ws://{host}/latest/meta-data" for host in hosts]
    address = METADATA[0]
    urls += [
        f"{scheme}://{address}{port}/x?y={address}"
        for scheme in ("ws", "wss", "WSS", "http", "https", "ftp", "file", "gopher")
        for port in ("", ":80", ":0080", ":")
    ]
    odd = (
        f"ws://decoy.example@{address}/", f"ws://decoy.example:80@{address}/", f"ws://@{address}/",
        f"ws://{address}#@decoy.example/", f"ws://{address}\\@decoy.example/", f"ws://{address}\\.decoy.example/",
        f"ws:\\\\{address}/", f"ws:/{address}/", f"ws:{address}", f"ws:///{address}/", f"//{address}/",
        f"ws://{address}\t/", f"ws://\t{address}/", f"ws://169.254\n.169.254/", f"ws://169.254\r\n.169.254/",
        f"w\ts://{address}/", f"ws://{address}\x00.decoy.example/", f"ws://{address}%00.decoy.example/",
        f" ws://{address}/", f"ws://{address} /", f"ws://{address}%20/", f"ws://{address}%2f@decoy.example/",
        "ws://169.254.169.254:65536/", "ws://169.254.169.254:-80/", "ws://169.254.169.254:0/",
        "ws://169.254.169.254:80:80/", "ws://169.254.169.254:８０/", "ws://１６９.２５４.１６９.２５４/",
        "ws://①⑥⑨.②⑤④.①⑥⑨.②⑤④/", "ws://169。254。169。254/", "ws://169．254．169．254/",
        "ws://169｡254｡169｡254/", "ws://𝟏𝟔𝟗.254.169.254/", "ws://¹⁶⁹.254.169.254/", "ws://169.254.169.254/",
        "ws://%31%36%39.254.169.254/", "ws://169%2e254%2e169%2e254/", "ws://169.254.169.254./",
        "ws://[169.254.169.254]/", "ws://[::ffff:169.254.169.254%25lo]/", "ws://[::ffff:169.254.169.254/",
        "ws://::ffff:169.254.169.254/", "ws://169.254.169.254.:80/", "ws://ｍetadata.google.internal/",
        "ws://metadata。google。internal/", "ws://metadata.google.internal%2e/", "ws://169.254.169.254;x/",
        "ws://169.254.169.254,decoy.example/", "ws://0xA9FEA9FE./", "ws://0251.0376.0251.0376./",
        "ws://169.254.169.254\u00ad/", "ws://169.254.\u200b169.254/", "ws://1\u200d69.254.169.254/",
    )  # fmt: skip
    return [Hostile(url) for url in dict.fromkeys([*urls, *odd])]


def never() -> list[Hostile]:
    """Under every policy."""
    return _never() + [Hostile(f"ws://{name}:80/x", at_creation=False) for name in NAMES]


def not_public() -> list[Hostile]:
    """Only where the operator lets chargers dial private addresses."""
    hosts = [host for address in PRIVATE for host in spellings(address) if "5efe" not in host]
    hosts += [f"[{literal}]" for literal in PRIVATE_6]
    hosts += ["localhost", "LOCALHOST.", "csms.local", "csms.internal", "a.localhost"]
    names = [Hostile(f"ws://{name}:80/x", at_creation=False) for name in PRIVATE_NAMES]
    return [Hostile(f"ws://{host}/ocpp") for host in dict.fromkeys(hosts)] + names


PUBLIC_NAMES: dict[str, list[str]] = {
    "csms.example": ["93.184.216.34"],
    "six-csms.example": ["2606:2800:220:1::1"],
    "both.example": ["93.184.216.34", "2606:2800:220:1::1"],
    "169.254.csms.example": ["93.184.216.34"],
    "metadata.csms.example": ["93.184.216.34"],
    "xn--bcher-kva.example": ["93.184.216.34"],
    "a-very.long-name.with-many.labels.csms.example": ["93.184.216.34"],
    "under_score.example": ["93.184.216.34"],
    "1and1.example": ["93.184.216.34"],
    "mapped-public.example": ["::ffff:93.184.216.34"],
    "nat64-public.example": ["64:ff9b::93.184.216.34"],
    "localhost.example": ["93.184.216.34"],
    "internal.example": ["93.184.216.34"],
}


def legitimate() -> list[str]:
    """Under every policy."""
    urls = [f"ws://{name}/ocpp" for name in PUBLIC_NAMES]
    urls += [f"ws://{name}:9000/ocpp/path?tenant=a" for name in PUBLIC_NAMES]
    addresses = ("8.8.8.8", "1.1.1.1", "169.253.255.255", "169.255.0.1", "100.128.0.1", "11.0.0.1")
    addresses += ("172.32.0.1", "192.169.0.1", "9.9.9.9", "168.63.129.17", "192.88.99.9")
    urls += [f"ws://{address}{port}/ocpp" for address in addresses for port in ("", ":8080")]
    literals = (
        "2606:4700:4700::1111",
        "2001:4860:4860::8888",
        "::ffff:8.8.8.8",
        "64:ff9b::808:808",
    )
    urls += [f"ws://[{literal}]:9000/" for literal in (*literals, "2002:808:808::1")]
    return urls


def legitimate_private() -> list[str]:
    """Where the operator lets chargers dial private addresses."""
    return [f"ws://{address}:9000/ocpp" for address in (*PRIVATE[1:5], "0x7f.1", "[fd12::1]")]
