"""The examples of docs/operating.md, run: Caddy and nginx with TLS in front of two processes."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.processes.conftest import WORLD
from tests.support.crm import Crm, eventually
from tests.support.far_tab import far_tab, signed_in
from tests.support.fleet import Fleet, ask_to_stop, fleet
from whop_crm.runtime.paths import ROOT
from whop_crm.runtime.ports import free_port
from whop_crm.runtime.processes import Child, running, spawn
from whop_crm.state.member import MemberState

pytestmark = [pytest.mark.long, pytest.mark.timeout(120, func_only=True)]
EXAMPLES = ROOT / "docs" / "examples"


@dataclass
class Front:
    """A proxy at work before a fleet. `plain` is its port without TLS."""

    fleet: Fleet
    crm: Crm
    plain: int


@pytest.fixture(scope="module", params=["caddy", "nginx"])
def front(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    folder = tmp_path_factory.mktemp(request.param)
    secure, plain = free_port(), free_port()
    settings = {"TRUSTED_PROXIES": "127.0.0.1", "WHOP_REQUESTS_PER_MINUTE": "100000"}
    with fleet(folder, WORLD, origin=f"https://localhost:{secure}", **settings) as behind:
        start = {"caddy": caddy, "nginx": nginx}[request.param]
        with running(start(folder, secure, plain, [one.port for one in behind.processes])):
            eventually(lambda: answers(f"https://localhost:{secure}/ping"))
            yield Front(behind, Crm(behind.first), plain)


def caddy(folder: Path, secure: int, plain: int, backends: list[int]) -> Child:
    """With a certificate of its own, and not on the ports that need more rights."""
    text = with_ports((EXAMPLES / "Caddyfile").read_text(), backends)
    text = text.replace("crm.example.com {", f"localhost:{secure} {{\n\ttls internal")
    options = f"{{\n\thttp_port {plain}\n\thttps_port {secure}\n\tadmin off\n\tskip_install_trust\n}}\n"
    (folder / "Caddyfile").write_text(options + text)
    command = [program("caddy"), "run", "--config", str(folder / "Caddyfile"), "--adapter", "caddyfile"]
    home = {"HOME": str(folder), "XDG_DATA_HOME": str(folder / "data"), "XDG_CONFIG_HOME": str(folder / "config")}
    return spawn("Caddy", command, environment=home, log=folder / "caddy.log")


def nginx(folder: Path, secure: int, plain: int, backends: list[int]) -> Child:
    """With a certificate made here, and in a configuration that holds nothing else."""
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    request = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost"]
    subprocess.run(
        [program("openssl"), *request, "-keyout", str(key), "-out", str(certificate)], check=True, capture_output=True
    )
    text = with_ports((EXAMPLES / "nginx.conf").read_text(), backends)
    text = re.sub(r"(ssl_certificate_key\s+)\S+;", rf"\g<1>{key};", text)
    text = re.sub(r"(ssl_certificate\s+)\S+;", rf"\g<1>{certificate};", text)
    text = text.replace("listen 443 ssl", f"listen 127.0.0.1:{secure} ssl").replace(
        "listen 80", f"listen 127.0.0.1:{plain}"
    )
    text = text.replace("crm.example.com", "localhost")
    here = "".join(
        f"{name}_temp_path {folder}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    head = f"daemon off; pid {folder}/pid; error_log stderr; events {{}} http {{ access_log off; {here}\n"
    (folder / "nginx.conf").write_text(f"{head}{text}}}\n")
    return spawn("nginx", [program("nginx"), "-c", str(folder / "nginx.conf")], log=folder / "nginx.log")


def with_ports(text: str, backends: list[int]) -> str:
    for named, port in zip(("3001", "3002"), backends, strict=True):
        text = text.replace(f"127.0.0.1:{named}", f"127.0.0.1:{port}")
    return text


def program(name: str) -> str:
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin")
    assert found, f"{name} is not installed: apt-get install {name}"
    return found


def answers(url: str) -> bool:
    try:
        return httpx.get(url, verify=False, trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False


@pytest.fixture
def visitor(front: Front) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=front.fleet.url, verify=False, trust_env=False) as client:
        yield client


def test_plain_http_leads_to_tls(front: Front) -> None:
    answer = httpx.get(f"http://localhost:{front.plain}/dashboard?a=1", trust_env=False)
    assert answer.status_code in (301, 308)
    assert answer.headers["location"].startswith("https://localhost")


def test_redirects_stay_on_tls_and_the_cookie_is_the_hosts_own(front: Front, visitor: httpx.Client) -> None:
    for path in ("/dashboard", "/dashboard/biz_x/members/", "/no-access"):
        location = visitor.get(path, headers={"accept": "text/html"}).headers["location"]
        assert location.startswith(("/", "https://")), location
    cookie = visitor.get("/auth/login").headers["set-cookie"]
    assert "Secure" in cookie
    assert cookie.startswith("__Host-")


def test_who_asks_is_who_asked_the_proxy(front: Front, visitor: httpx.Client) -> None:
    assert visitor.get("/metrics").status_code == 404
    direct = f"http://127.0.0.1:{front.fleet.first.port}/metrics"
    assert httpx.get(direct, trust_env=False).status_code == 200
    forwarded = {"x-forwarded-for": "203.0.113.7", "x-forwarded-proto": "https"}
    assert httpx.get(direct, headers=forwarded, trust_env=False).status_code == 404


async def test_pages_are_live_through_it_and_outlive_a_process(front: Front) -> None:
    crm, first = front.crm, front.fleet.first
    owner = next(one for one in first.sandbox.store.get_meta("people") if one["role"] == "owner")
    cookie = signed_in(first, owner["user_id"])
    eventually(crm.synced, 60)
    path = f"/dashboard/{crm.company}/members/{crm.member()}"
    address = front.fleet.url.replace("https://", "wss://")
    for one in front.fleet.processes:
        ask_to_stop(one)
        one.child.process.wait(15)
        async with far_tab(first, path, cookie, address) as tab:
            await tab.until(lambda: tab.var(MemberState, "status") == "ready")
            await tab.send(f"{MemberState.get_full_name()}.add_note", form={"body": f"Without {one.port}"})
            await tab.until(lambda: f"Without {one.port}" in str(tab.var(MemberState, "notes")))  # noqa: B023 - as above
        one.start()
