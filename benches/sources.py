#!/usr/bin/env python3
"""One pass over ten thousand sources on this machine, beside what wrk gets from the same server.

    benches/sources.py                    needs nginx and wrk (Debian: nginx-light, wrk)

nginx serves a feed of twenty entries for each source from a hundred loopback addresses, so that there
are a hundred hosts. The first pass brings every feed; before the second, half of them change, and nginx
answers the others with 304. wrk then asks for the same addresses, with as many connections.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from measured import build, measure, say

HOSTS = 100
CONNECTIONS = 64
PORT = 18788

NGINX = """
daemon off; master_process off; pid {work}/nginx.pid; error_log {work}/error.log;
events {{ worker_connections 4096; }}
http {{
  access_log off; sendfile on; keepalive_requests 100000;
  client_body_temp_path {work}/t1; proxy_temp_path {work}/t2; fastcgi_temp_path {work}/t3;
  uwsgi_temp_path {work}/t4; scgi_temp_path {work}/t5;
  types {{ application/rss+xml xml; }}
  server {{ {listen} root {work}/site; }}
}}
"""

CONFIG = """
site: {{title: Bench, url: "https://example.org/"}}
sources: sources.yaml
fetch: {{concurrency: {connections}, per_host: 8, host_pause: 0s, allow_private: true}}
"""

WRK = """
local number = 0
request = function()
  number = (number + 7919) % {sources}
  return wrk.format("GET", "/" .. number .. ".xml")
end
"""


def host(number):
    return f"127.0.1.{number % HOSTS + 1}"


def feed(number, edition):
    text = "上游的一条消息，说的是模型、芯片和数据中心。" * 8
    items = "".join(
        f"<item><title>消息 {number}-{edition}-{at}</title><link>https://n{number}.example/{edition}/{at}</link>"
        f"<guid>https://n{number}.example/{edition}/{at}</guid>"
        f"<pubDate>Fri, 13 Jun 2025 08:{at:02}:00 +0800</pubDate><description>{text}</description></item>"
        for at in range(20)
    )
    return (
        f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>来源 {number}</title>'
        f"<link>https://n{number}.example/</link><description>来源</description>{items}</channel></rss>"
    )


def main():
    parse = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parse.add_argument("--sources", type=int, default=10_000)
    sources = parse.parse_args().sources
    for tool in ("nginx", "wrk"):
        if not shutil.which(tool, path=os.environ["PATH"] + ":/usr/sbin"):
            sys.exit(f"{tool} is not installed (Debian: apt-get install nginx-light wrk)")
    headwater = build()
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        say(f"writing {sources} feeds")
        (work / "site").mkdir(mode=0o755)
        work.chmod(0o755)
        for number in range(sources):
            (work / f"site/{number}.xml").write_text(feed(number, 0))
        listen = " ".join(f"listen {host(number)}:{PORT};" for number in range(HOSTS))
        (work / "nginx.conf").write_text(NGINX.format(work=work, listen=listen))
        (work / "headwater.yaml").write_text(CONFIG.format(connections=CONNECTIONS))
        listed = (
            f'- {{id: s{number}, name: 来源 {number}, url: "http://{host(number)}:{PORT}/{number}.xml"}}\n'
            for number in range(sources)
        )
        (work / "sources.yaml").write_text("".join(listed))
        (work / "wrk.lua").write_text(WRK.format(sources=sources))
        server = subprocess.Popen(["nginx", "-c", work / "nginx.conf"], env=environment())
        try:
            time.sleep(1)
            run(work, headwater, sources)
        finally:
            server.terminate()
            server.wait()


def environment():
    return {**os.environ, "PATH": os.environ["PATH"] + ":/usr/sbin"}


def run(work, headwater, sources):
    fetch = [headwater, "--config", "headwater.yaml", "--quiet", "fetch", "--all"]
    say("first pass")
    passes = [("all new", *measure(fetch, work))]
    for number in range(0, sources, 2):
        (work / f"site/{number}.xml").write_text(feed(number, 1))
    say("second pass")
    passes.append(("half changed, half 304", *measure(fetch, work)))
    say("wrk")
    command = ["wrk", "-t2", f"-c{CONNECTIONS}", "-d10s", "-s", work / "wrk.lua", f"http://{host(0)}:{PORT}/"]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    rate = float(re.search(r"Requests/sec:\s*([\d.]+)", told).group(1))
    print(f"{sources} sources, {os.cpu_count()} cores\n")
    print(f"{'pass':26}{'seconds':>9}{'sources/s':>11}{'MiB':>7}")
    for name, seconds, memory in passes:
        print(f"{name:26}{seconds:9.1f}{sources / seconds:11.0f}{memory:7.0f}")
    print(f"{'wrk, nothing read or kept':26}{sources / rate:9.1f}{rate:11.0f}")


if __name__ == "__main__":
    main()
