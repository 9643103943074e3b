#!/usr/bin/env python3
"""What verdicts are worth: learns from one half of a folder of articles and measures the other.

    benches/learning.py --articles DIR --pool FILE.jsonl [--verdicts 200] [--draws 24] [--start usual|equal]
                        [--set WEIGHT=VALUE]...

Each draw divides the articles anew. An editor judges the ten best suggestions of articles of one half, by what
these really cite, until there are enough verdicts; `headwater learn` fits the weights to them, and the other
half is ranked before and after. What counts is the mean with its standard error: a single draw tells little.
"Taken over" counts a draw that `learn` calls no better as no gain. Needs the release build.
"""
import argparse
import json
import pathlib
import random
import shutil
import statistics
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
HEADWATER = ROOT / "target" / "release" / "headwater"
# Where nothing was tuned: every feature of the text alike, and the rest left out.
EQUAL = {name: 5 for name in ("title", "summary", "tags", "topics", "body", "names", "words", "likeness")}
EQUAL |= {name: 0 for name in ("learnt", "foreign", "cited", "time", "first_party", "trust", "corroboration", "publisher")}


def headwater(config, weights, *arguments):
    settings = [part for key, value in weights.items() for part in ("--set", f"suggest.weights.{key}={value}")]
    command = [HEADWATER, "--config", config, *settings, "--json", *arguments]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=pathlib.Path, required=True)
    parser.add_argument("--pool", type=pathlib.Path, required=True)
    parser.add_argument("--verdicts", type=int, default=200)
    parser.add_argument("--draws", type=int, default=24)
    parser.add_argument("--start", choices=("usual", "equal"), default="usual")
    parser.add_argument("--set", action="append", default=[], metavar="WEIGHT=VALUE", help="start with this weight, such as time=1")
    arguments = parser.parse_args()
    start = dict(EQUAL) if arguments.start == "equal" else {}
    start |= {key: float(value) for key, value in (given.split("=") for given in arguments.set)}
    files = sorted(path for path in arguments.articles.rglob("*.md") if path.is_file())
    befores, gains, taken, better = [], [], [], 0
    for draw in range(arguments.draws):
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            config = folder / "headwater.yaml"
            config.write_text("site: {title: t, url: 'https://example.org/', timezone: Asia/Shanghai}\n")
            (folder / "vocabulary.yaml").write_text("[]\n")
            config.write_text(config.read_text() + f"articles: {{vocabulary: {folder}/vocabulary.yaml}}\n")
            shuffled = files[:]
            random.Random(draw).shuffle(shuffled)
            for half, part in (("a", shuffled[::2]), ("b", shuffled[1::2])):
                for file in part:
                    to = folder / half / file.relative_to(arguments.articles)
                    to.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copyfile(file, to)
            pool = ("--pool", arguments.pool)
            lines = folder / "verdicts.jsonl"
            headwater(config, start, "evaluate", "--articles", folder / "a", *pool, "--verdicts", lines)
            articles = {}
            for line in lines.read_text().splitlines():
                articles.setdefault(json.loads(line)["for"]["article"], []).append(line)
            names = sorted(articles)
            random.Random(draw).shuffle(names)
            judged = [line for name in names for line in articles[name]][: arguments.verdicts]
            lines.write_text("\n".join(judged) + "\n")
            lesson = headwater(config, start, "learn", "--verdicts", lines)
            model = lesson["model"]
            learnt = {"bias": model["bias"], **model["weights"]}
            before, after = (
                headwater(config, weights, "evaluate", "--articles", folder / "b", *pool)["ndcg@10"]
                for weights in (start, learnt)
            )
            befores.append(before)
            gains.append(after - before)
            taken.append(after - before if lesson["better"] else 0.0)
            better += lesson["better"]
            said = "better" if lesson["better"] else "not better"
            print(f"draw {draw}: nDCG@10 of the other half {before:.4f} -> {after:.4f} ({after - before:+.4f}); learn says {said}", flush=True)
    print(f"{arguments.verdicts} verdicts from {arguments.start} weights, {len(gains)} draws: nDCG@10 {statistics.mean(befores):.4f} before")
    for name, numbers in (("learnt", gains), ("taken over", taken)):
        error = statistics.stdev(numbers) / len(numbers) ** 0.5
        print(f"{name:>10}: {statistics.mean(numbers):+.4f} (standard error {error:.4f}, {min(numbers):+.4f} to {max(numbers):+.4f})")
    print(f"better, says learn: {better} draws")


if __name__ == "__main__":
    main()
