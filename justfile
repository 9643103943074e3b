# Everyday commands; `just` lists them.

default:
    @just --list

run:
    cargo run --release -- run

test:
    cargo test

lint:
    cargo fmt --check
    cargo clippy --all-targets -- -D warnings

golden:
    GOLDEN=write cargo test --test feeds golden

# How fast feeds are written, beside Hugo; `just bench-hugo --fast` for a short look.
bench-hugo *ARGUMENTS:
    benches/hugo.py {{ARGUMENTS}}

# How fast sources are visited, beside wrk.
bench-sources *ARGUMENTS:
    benches/sources.py {{ARGUMENTS}}
