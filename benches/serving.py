#!/usr/bin/env python3
"""Requests a second that the server answers, beside nginx serving the same folder.

    benches/serving.py                    needs nginx and wrk (Debian: nginx-light, wrk)

Headwater writes the feeds of a small site and serves them; nginx (two workers, no log, `sendfile`, and
`gzip_static` with files that gzip compressed before) serves the same files. wrk asks both in turn, with
the same headers, for a feed of twenty entries: for 304, for gzip, and for the bytes as they are. The
order changes with each round; the median of the rounds is shown, and the ratio of each round.
"""

import argparse
import gzip
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from measured import build, say

NGINX_PORT = 18790
PORT = 18791

NGINX = """
daemon off; worker_processes 2; pid {work}/nginx.pid; error_log {work}/error.log; {user}
events {{ worker_connections 4096; }}
http {{
  access_log off; sendfile on; tcp_nopush on; etag on; gzip_static on; keepalive_requests 100000000;
  client_body_temp_path {work}/t1; proxy_temp_path {work}/t2; fastcgi_temp_path {work}/t3;
  uwsgi_temp_path {work}/t4; scgi_temp_path {work}/t5;
  types {{ application/rss+xml xml; }}
  server {{ listen 127.0.0.1:{port}; location /feeds/ {{ alias {work}/feeds/; }} }}
}}
"""

CONFIG = """
site: {{title: Bench, url: "https://example.org/"}}
articles: {{dir: articles}}
sources: sources.yaml
server: {{listen: "127.0.0.1:{port}"}}
"""

PATH = "/feeds/index.xml"
AGENT = "Mozilla/5.0 (X11; Linux x86_64) Reader/1.0"


def article(number):
    text = "\n\n".join(
        f"第 {number} 篇的第 {at} 段：模型、芯片和数据中心的消息 {number * 7919 + at * 104729}，见 [来源](https://n{number}.example/{at})。" * 3
        for at in range(12)
    )
    return f"---\ntitle: 文章 {number}\ndate: 2025-06-{number + 1:02}\n---\n{text}\n"


def main():
    parse = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parse.add_argument("--rounds", type=int, default=5)
    parse.add_argument("--seconds", type=int, default=5)
    parse.add_argument("--connections", type=int, default=64)
    options = parse.parse_args()
    path = os.environ["PATH"] + ":/usr/sbin"
    for tool in ("nginx", "wrk"):
        if not shutil.which(tool, path=path):
            sys.exit(f"{tool} is not installed (Debian: apt-get install nginx-light wrk)")
    headwater = build()
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        work.chmod(0o755)
        (work / "articles").mkdir()
        for number in range(25):
            (work / f"articles/{number}.md").write_text(article(number))
        (work / "sources.yaml").write_text("[]\n")
        (work / "headwater.yaml").write_text(CONFIG.format(port=PORT))
        user = "user root;" if os.geteuid() == 0 else ""
        (work / "nginx.conf").write_text(NGINX.format(work=work, port=NGINX_PORT, user=user))
        ours = subprocess.Popen(
            [headwater, "--config", "headwater.yaml", "--quiet", "run"], cwd=work, stdout=subprocess.DEVNULL
        )
        feed = wait_for(work / "feeds/index.xml")
        for file in (work / "feeds").rglob("*.xml"):
            compressed = Path(f"{file}.gz")
            compressed.write_bytes(gzip.compress(file.read_bytes(), 9))
            # nginx wants both to be of the same time.
            os.utime(compressed, ns=(file.stat().st_atime_ns, file.stat().st_mtime_ns))
        theirs = subprocess.Popen(["nginx", "-c", work / "nginx.conf"], env={**os.environ, "PATH": path})
        try:
            time.sleep(1)
            say(f"a feed of {feed.stat().st_size} bytes")
            compare(options)
        finally:
            for server in (ours, theirs):
                server.terminate()
                server.wait()


def wait_for(file):
    for _ in range(100):
        if file.exists():
            return file
        time.sleep(0.1)
    sys.exit(f"{file} was not written")


def ask(port, headers):
    request = urllib.request.Request(f"http://127.0.0.1:{port}{PATH}", headers=headers)
    with urllib.request.urlopen(request) as answer:
        return answer.headers, len(answer.read())


def compare(options):
    cases = [("304", {}), ("200, gzip", {"Accept-Encoding": "gzip"}), ("200, as it is", {})]
    print(f"{os.cpu_count()} cores, {options.connections} connections, {options.rounds} rounds of {options.seconds} s\n")
    print(f"{'':16}{'nginx':>10}{'Headwater':>11}{'ratio':>8}   each round")
    for name, headers in cases:
        rates = {NGINX_PORT: [], PORT: []}
        for number in range(options.rounds):
            ports = [NGINX_PORT, PORT] if number % 2 == 0 else [PORT, NGINX_PORT]
            for port in ports:
                rates[port].append(measure(port, name, headers, options))
        ratios = [ours / theirs for ours, theirs in zip(rates[PORT], rates[NGINX_PORT])]
        theirs, ours = (statistics.median(rates[port]) for port in (NGINX_PORT, PORT))
        each = " ".join(f"{ratio:.2f}" for ratio in ratios)
        print(f"{name:16}{theirs:10.0f}{ours:11.0f}{statistics.median(ratios):7.2f}×   {each}", flush=True)


def measure(port, name, headers, options):
    told, size = ask(port, headers)
    if "gzip" in name and told["Content-Encoding"] != "gzip":
        sys.exit(f"port {port} does not compress")
    sent = {"User-Agent": AGENT, **headers}
    if name == "304":
        sent["If-None-Match"] = told["ETag"]
    fields = [part for field in sent.items() for part in ("-H", ": ".join(field))]
    command = ["wrk", "-t2", f"-c{options.connections}", f"-d{options.seconds}s", *fields]
    output = subprocess.run(
        [*command, f"http://127.0.0.1:{port}{PATH}"], capture_output=True, text=True, check=True
    ).stdout
    refused = re.search(r"Non-2xx or 3xx responses: (\d+)", output)
    if refused or "Socket errors" in output:
        sys.exit(f"port {port}: not every request was answered:\n{output}")
    return float(re.search(r"Requests/sec:\s*([\d.]+)", output).group(1))


if __name__ == "__main__":
    main()
