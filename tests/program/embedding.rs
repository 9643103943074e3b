//! An embedding model that the user names.

use std::fs;

use serde_json::{Value, json};

use crate::site::{Site, text};

const ARTICLE: &str = "articles/insights/whales.md";

/// A site with an article of whales, and an item that speaks of them in words of its own.
fn site() -> Site {
    let site = Site::new();
    let article = "---\ntitle: 鲸鱼\ndate: 2025-06-20\ndraft: true\n---\n\n鲸鱼。\n";
    fs::write(site.path(ARTICLE), article).unwrap();
    let feed = json!({
        "version": "https://jsonfeed.org/version/1.1", "title": "Sea",
        "items": [{
            "id": "1", "url": "https://example.org/sea/1", "title": "Zorbing qux",
            "date_published": "2025-06-19T08:00:00Z",
        }],
    });
    fs::write(site.path("config/recorded/sea.json"), feed.to_string()).unwrap();
    let source = "- {id: sea, name: Sea, url: 'file:config/recorded/sea.json', language: en}\n";
    let sources = format!("{}\n{source}", site.read("config/sources.yaml"));
    fs::write(site.path("config/sources.yaml"), sources).unwrap();
    site.json(&["--json", "fetch"]);
    site
}

/// Writes a model in model2vec's form in which two words mean the same.
fn write_model(site: &Site) {
    fs::create_dir(site.path("model")).unwrap();
    let pieces = json!({
        "normalizer": {
            "type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
            "strip_accents": null, "lowercase": true,
        },
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "model": {
            "type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100, "vocab": {"[UNK]": 0, "鲸": 1, "zorbing": 2},
        },
    });
    fs::write(site.path("model/tokenizer.json"), pieces.to_string()).unwrap();
    let numbers = [0.0_f32, 0.0, 0.6, 0.8, 0.8, 0.6];
    let header = json!({"embeddings": {"dtype": "F32", "shape": [3, 2], "data_offsets": [0, 24]}});
    let header = header.to_string();
    let mut table = (header.len() as u64).to_le_bytes().to_vec();
    table.extend(header.bytes());
    table.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
    fs::write(site.path("model/model.safetensors"), table).unwrap();
}

fn whales(site: &Site, set: &[&str]) -> Option<Value> {
    let list = site.json(&[set, &["--json", "suggest", ARTICLE]].concat());
    let list = list["suggestions"].as_array().unwrap();
    list.iter().find(|one| one["title"] == "Zorbing qux").cloned()
}

#[test]
fn a_named_model_finds_what_no_word_tells() {
    let site = site();
    write_model(&site);
    assert_eq!(whales(&site, &[]), None);
    let named = ["--set", "suggest.embeddings=model"];
    let found = whales(&site, &named).unwrap();
    assert_eq!(found["reasons"][0], "语义相近", "{found}");
    let check = site.run(&[&named[..], &["check"]].concat());
    assert!(check.status.success(), "{}", text(&check.stdout));
}

#[test]
fn a_model_that_cannot_be_used_is_refused_by_name() {
    let site = site();
    write_model(&site);
    let named = ["--set", "suggest.embeddings=model"];
    let all_say = |expected: &str| {
        for (arguments, status) in [
            (&["check"][..], 1),
            (&["suggest", ARTICLE], 2),
            (&["run"], 2),
            (&["evaluate", "--articles", "articles"], 2),
        ] {
            let output = site.run(&[&named[..], arguments].concat());
            let told = text(&output.stdout) + &text(&output.stderr);
            assert_eq!(output.status.code(), Some(status), "{arguments:?}: {told}");
            assert!(told.contains(expected), "{arguments:?}: {told}");
            assert!(told.contains("(suggest.embeddings names a folder"), "{told}");
        }
    };
    let table = fs::read(site.path("model/model.safetensors")).unwrap();
    fs::write(site.path("model/model.safetensors"), &table[..table.len() - 1]).unwrap();
    all_say("model/model.safetensors:1:1: is damaged: ");
    fs::remove_file(site.path("model/tokenizer.json")).unwrap();
    all_say("model/tokenizer.json:1:1: cannot be read: ");
}
