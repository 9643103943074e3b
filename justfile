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
