use std::collections::HashMap;

use proptest::prelude::*;
use safetensors::tensor::TensorView;
use serde_json::{Value, json};

use super::*;

/// A `tokenizer.json` of BERT's kind with these pieces.
fn word_pieces(pieces: &[&str]) -> Value {
    let vocab: HashMap<&str, usize> = pieces.iter().copied().zip(0..).collect();
    json!({
        "added_tokens": [],
        "normalizer": {
            "type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
            "strip_accents": null, "lowercase": true,
        },
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "model": {
            "type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 20, "vocab": vocab,
        },
    })
}

/// A `tokenizer.json` of `SentencePiece`'s kind with these pieces and their scores.
fn scored_pieces(pieces: &[(&str, f64)]) -> Value {
    json!({
        "added_tokens": [],
        "normalizer": {"type": "NFKC"},
        "pre_tokenizer": {"type": "Metaspace", "replacement": "▁"},
        "model": {"type": "Unigram", "unk_id": 0, "vocab": pieces},
    })
}

/// A tensor: its name, the kind of its numbers, its shape, its bytes.
type Given<'a> = (&'a str, Dtype, &'a [usize], Vec<u8>);

fn file(tensors: &[Given]) -> Vec<u8> {
    let views = tensors.iter().map(|(name, kind, shape, bytes)| {
        (*name, TensorView::new(*kind, shape.to_vec(), bytes).unwrap())
    });
    safetensors::serialize(views, None).unwrap()
}

fn singles(numbers: &[f32]) -> Vec<u8> {
    numbers.iter().flat_map(|one| one.to_le_bytes()).collect()
}

fn model(pieces: &Value, tensors: &[Given]) -> Result<Embeddings, Unusable> {
    Embeddings::new(pieces.to_string().as_bytes(), file(tensors))
}

/// A model of BERT's kind in which each of these words has a vector.
pub(in crate::suggest) fn of_words(words: &[(&str, [f32; 4])]) -> Embeddings {
    let pieces: Vec<&str> = std::iter::once("[UNK]").chain(words.iter().map(|one| one.0)).collect();
    let vectors: Vec<f32> =
        [9.0; 4].into_iter().chain(words.iter().flat_map(|one| one.1)).collect();
    let tensor = ("embeddings", Dtype::F32, &[pieces.len(), 4][..], singles(&vectors));
    model(&word_pieces(&pieces), &[tensor]).unwrap()
}

fn assert_points(found: &[f32], direction: &[f32]) {
    let length = direction.iter().map(|one| one * one).sum::<f32>().sqrt();
    assert_eq!(found.len(), direction.len());
    for (one, wanted) in found.iter().zip(direction) {
        let wanted = if length > 0.0 { wanted / length } else { 0.0 };
        assert!((one - wanted).abs() < 1e-6, "{found:?} does not point to {direction:?}");
    }
}

#[test]
fn a_text_is_the_mean_of_the_pieces_that_are_known() {
    let model = of_words(&[
        ("chip", [1.0, 0.0, 0.0, 0.0]),
        ("##s", [0.0, 1.0, 0.0, 0.0]),
        ("芯", [0.0, 0.0, 2.0, 0.0]),
        ("cafe", [0.0, 0.0, 0.0, 1.0]),
        ("ship", [1.0, 1.0, 0.0, 0.0]),
    ]);
    for (text, direction) in [
        ("chip", [1.0, 0.0, 0.0, 0.0]),
        ("Chips, chip!", [2.0, 1.0, 0.0, 0.0]),
        ("芯芯 CHIP", [1.0, 0.0, 4.0, 0.0]),
        ("Ｃ Café", [0.0, 0.0, 0.0, 1.0]),
        ("ships s chipx chipschipschipschips", [1.0, 2.0, 0.0, 0.0]),
        ("", [0.0; 4]),
        ("nothing of this", [0.0; 4]),
        ("[UNK]", [0.0; 4]),
    ] {
        assert_points(&model.vector(text), &direction);
    }
}

#[test]
fn pieces_with_scores_are_those_that_add_up_to_the_most() {
    let pieces =
        [("<unk>", 0.0), ("▁a", -1.0), ("▁ab", -3.0), ("b", -1.5), ("bc", -3.0), ("c", -2.0)];
    let mut table = vec![9.0; 6];
    for row in 1..6 {
        table.extend((0..6).map(|at| f32::from(u8::from(at == row))));
    }
    let tensor = ("embeddings", Dtype::F32, &[6, 6][..], singles(&table));
    let model = model(&scored_pieces(&pieces), &[tensor]).unwrap();
    for (text, found) in [
        ("ab", vec![1, 3]),
        ("abc", vec![1, 4]),
        ("ａb", vec![1, 3]),
        ("a ab", vec![1, 1, 3]),
        ("axxc", vec![1, 5]),
        ("xx", vec![]),
    ] {
        let mut direction = [0.0; 6];
        for row in found {
            direction[row] += 1.0;
        }
        assert_points(&model.vector(text), &direction);
    }
}

#[test]
fn a_name_of_several_words_is_one_piece_where_the_model_says_so() {
    let mut pieces = word_pieces(&["[UNK]", "scale", "ai"]);
    let added = |id: u32, content: &str, normalized: bool, single_word: bool| {
        json!({
            "id": id, "content": content, "single_word": single_word, "lstrip": true, "rstrip": true,
            "normalized": normalized, "special": false,
        })
    };
    pieces["added_tokens"] =
        json!([added(3, "Scale AI", true, false), added(4, "ai", false, true)]);
    let table = [[9.0; 4], [1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]];
    let table = [table.concat(), vec![0.0, 0.0, 0.0, 1.0]].concat();
    let tensor = ("embeddings", Dtype::F32, &[5, 4][..], singles(&table));
    let model = model(&pieces, &[tensor]).unwrap();
    for (text, direction) in [
        ("SCALE AI scale", [1.0, 0.0, 1.0, 0.0]),
        ("AI scale", [1.0, 1.0, 0.0, 0.0]),
        ("ai, maid", [0.0, 0.0, 0.0, 1.0]),
    ] {
        assert_points(&model.vector(text), &direction);
    }
}

#[test]
fn numbers_of_every_kind_give_the_same_vector() {
    let pieces = word_pieces(&["[UNK]", "a"]);
    let numbers = [0, 0, 0, 0, 3, -4, 0, 1_i8];
    let halves = [0, 0, 0, 0, 0x4200, 0xc400, 0x8000, 0x3c00_u16];
    for (kind, bytes) in [
        (Dtype::F16, halves.iter().flat_map(|one| one.to_le_bytes()).collect()),
        (Dtype::F32, numbers.iter().flat_map(|one| f32::from(*one).to_le_bytes()).collect()),
        (Dtype::F64, numbers.iter().flat_map(|one| f64::from(*one).to_le_bytes()).collect()),
        (Dtype::I8, numbers.iter().flat_map(|one| one.to_le_bytes()).collect::<Vec<u8>>()),
    ] {
        let model = model(&pieces, &[("embeddings", kind, &[2, 4], bytes)]).unwrap();
        assert_points(&model.vector("a"), &[3.0, -4.0, 0.0, 1.0]);
    }
}

#[test]
fn half_precision_is_read_as_it_is_written() {
    for (bits, value) in [
        (0x0001, 2.0_f32.powi(-24)),
        (0x83ff, -1_023.0 * 2.0_f32.powi(-24)),
        (0x0400, 2.0_f32.powi(-14)),
        (0x3555, 0.333_251_95),
        (0x7bff, 65_504.0),
        (0xfc00, f32::NEG_INFINITY),
    ] {
        assert_eq!(half(bits).to_bits(), value.to_bits(), "{bits:x}");
    }
    assert!(half(0x7e00).is_nan());
}

#[test]
fn pieces_may_share_vectors_and_count_differently() {
    let pieces = word_pieces(&["[UNK]", "a", "b", "c"]);
    let table = singles(&[1.0, 0.0, 0.0, 1.0]);
    let weights = singles(&[9.0, 1.0, 2.0, 0.5]);
    let mapping = [0_i64, 0, 1, 1].iter().flat_map(|one| one.to_le_bytes()).collect();
    let tensors = [
        ("embeddings", Dtype::F32, &[2, 2][..], table),
        ("mapping", Dtype::I64, &[4], mapping),
        ("weights", Dtype::F32, &[4], weights),
    ];
    let model = model(&pieces, &tensors).unwrap();
    for (text, direction) in [("a b", [1.0, 2.0]), ("a a c", [2.0, 0.5]), ("d", [0.0, 0.0])] {
        assert_points(&model.vector(text), &direction);
    }
}

#[test]
fn what_is_no_number_means_nothing() {
    for wrong in [f32::NAN, f32::INFINITY, f32::MAX] {
        let model = of_words(&[("a", [wrong, wrong, 0.0, 1.0]), ("b", [1.0; 4])]);
        assert_eq!(model.vector("a a b"), [0.0; 4]);
        let near = nearness(&model.vector("a"), &model.vector("b"));
        assert!(near == 0.0, "{near}");
    }
}

#[test]
fn nearness_is_the_cosine_whatever_the_length() {
    for size in [1, 7, 8, 9, 100] {
        let numbers: Vec<f32> = (0..size).map(|at| (at as f32).sin() + 0.1).collect();
        let length = numbers.iter().map(|one| one * one).sum::<f32>().sqrt();
        let vector: Vec<f32> = numbers.iter().map(|one| one / length).collect();
        let opposite: Vec<f32> = vector.iter().map(|one| -one).collect();
        assert!((nearness(&vector, &vector) - 1.0).abs() < 1e-6);
        assert!((nearness(&vector, &opposite) + 1.0).abs() < 1e-6);
    }
}

#[test]
fn a_wrong_table_is_refused_with_what_is_wrong() {
    let pieces = word_pieces(&["[UNK]", "a"]);
    let table = || ("embeddings", Dtype::F32, &[2, 2][..], singles(&[0.0; 4]));
    let with = |given: Given<'static>| vec![table(), given];
    let cases: [(Vec<Given>, &str); 9] = [
        (vec![], "has no tensor `embeddings`, so it is not in model2vec's form"),
        (
            vec![("embeddings", Dtype::U8, &[2, 8], vec![0; 16])],
            "the numbers of `embeddings` are U8, not one of F16, F32, F64, I8, I32, I64",
        ),
        (vec![("embeddings", Dtype::F32, &[4], vec![0; 16])], "`embeddings` is not a table"),
        (vec![("embeddings", Dtype::F32, &[0, 1 << 40], vec![])], "`embeddings` is empty"),
        (
            vec![("embeddings", Dtype::F32, &[4, 1], vec![0; 16])],
            "has 4 vectors, and tokenizer.json has 2 pieces",
        ),
        (
            with(("weights", Dtype::F32, &[3], singles(&[1.0; 3]))),
            "`weights` has 3 numbers, and tokenizer.json 2 pieces",
        ),
        (
            with(("mapping", Dtype::F32, &[2], singles(&[0.0, 2.0]))),
            "`mapping` leads to vector 2, and there are 2",
        ),
        (
            with(("mapping", Dtype::F32, &[2], singles(&[0.0, -1.0]))),
            "`mapping` leads to vector -1, and there are 2",
        ),
        (
            with(("mapping", Dtype::F32, &[2], singles(&[f32::NAN, 0.0]))),
            "`mapping` leads to vector NaN, and there are 2",
        ),
    ];
    for (tensors, expected) in cases {
        let problem = model(&pieces, &tensors).unwrap_err();
        assert_eq!((problem.file, problem.message.as_str()), (TABLE, expected));
    }
    let whole = file(&[table()]);
    for damaged in [
        Vec::new(),
        whole[..whole.len() - 1].to_vec(),
        [&u64::MAX.to_le_bytes()[..], &whole[8..]].concat(),
        [&1_000_u64.to_le_bytes()[..], &whole[8..]].concat(),
    ] {
        let problem = Embeddings::new(pieces.to_string().as_bytes(), damaged).unwrap_err();
        assert!(problem.message.starts_with("is damaged: "), "{problem}");
    }
}

#[test]
fn a_tokenizer_that_is_not_understood_is_refused_with_what_is_wrong() {
    let words = word_pieces(&["[UNK]", "a"]);
    let scores = scored_pieces(&[("<unk>", 0.0), ("a", -1.0)]);
    for (pieces, place, value, expected) in [
        (
            &words,
            "/model",
            json!({"type": "BPE"}),
            "unknown variant `BPE`, expected `WordPiece` or",
        ),
        (&words, "/model/unk_token", json!("<unk>"), "model.unk_token is not in its vocabulary"),
        (&scores, "/model/unk_id", json!(2), "model.unk_id is beyond its vocabulary"),
        (&words, "/model/vocab", json!(["a"]), "invalid type: "),
        (&words, "/normalizer", json!({"type": "Nmt"}), "unknown variant `Nmt`, expected one of"),
        (
            &words,
            "/normalizer",
            json!({"type": "Replace", "pattern": {"Regex": "x+"}, "content": ""}),
            "the pattern `x+` is not one of `\\s+`, ` {2,}`",
        ),
        (
            &words,
            "/normalizer",
            json!({"type": "Precompiled", "precompiled_charsmap": "AAA"}),
            "precompiled_charsmap is damaged",
        ),
        (&words, "/pre_tokenizer", json!({"type": "Digits"}), "unknown variant `Digits`, expected"),
    ] {
        let mut pieces = pieces.clone();
        *pieces.pointer_mut(place).unwrap() = value;
        let problem = model(&pieces, &[]).unwrap_err();
        assert_eq!(problem.file, PIECES);
        assert!(problem.message.starts_with(expected), "{problem}");
    }
    let mut pieces = scores;
    pieces["model"]["byte_fallback"] = true.into();
    let problem = model(&pieces, &[]).unwrap_err();
    assert_eq!(problem.message, "model.byte_fallback is true; only false is understood");
}

#[test]
fn a_mistake_in_json_has_its_place() {
    let problem = Embeddings::new(b"{\n  \"model\": ]", Vec::new()).unwrap_err();
    assert_eq!((problem.place, problem.message.as_str()), ((2, 12), "expected value"));
}

proptest! {
    #[test]
    fn whatever_the_text_its_vector_has_length_one_or_none(text in any::<String>()) {
        let model = of_words(&[("a", [1.0, -2.0, 0.0, 0.5]), ("##b", [-3.0, 0.0, 1.0, 2.0])]);
        let vector = model.vector(&text);
        let length = nearness(&vector, &vector);
        prop_assert!(length == 0.0 || (length - 1.0).abs() < 1e-5, "{length}");
    }

    #[test]
    fn a_damaged_model_is_refused_or_harmless(
        at in 0_usize..200, byte: u8, text in "[ab ▁é中]{0,20}",
    ) {
        let table = ("embeddings", Dtype::F32, &[3, 2][..], singles(&[1.0; 6]));
        let pieces = scored_pieces(&[("<unk>", 0.0), ("▁a", -1.0), ("b", -2.0)]).to_string();
        for in_table in [true, false] {
            let (mut table, mut pieces) = (file(std::slice::from_ref(&table)), pieces.clone().into_bytes());
            let bytes = if in_table { &mut table } else { &mut pieces };
            let at = at % bytes.len();
            bytes[at] = byte;
            if let Ok(model) = Embeddings::new(&pieces, table) {
                prop_assert!(model.vector(&text).iter().all(|one| one.is_finite()));
            }
        }
    }
}
