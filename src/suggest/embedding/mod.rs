//! What a text means, as a vector: a model in model2vec's form, which the user may name.
//!
//! Such a model is a table with a vector for each piece of a word; a text's vector is their mean
//! (<https://github.com/MinishLab/model2vec>). Takes the bytes of its two files, gives vectors of length
//! one, whose product tells how near two texts are in meaning; so it does not matter whether the model's
//! `config.json`, which is not read, asks for that length. Everything is checked when the model is read:
//! afterwards no text can fail.

use std::ops::Range;

use safetensors::tensor::{Dtype, Metadata, SafeTensors, TensorInfo};
use thiserror::Error;

use tokenizer::Tokenizer;

mod charsmap;
mod normalize;
mod pieces;
mod split;
mod tokenizer;

/// The file with the vectors.
pub const TABLE: &str = "model.safetensors";

/// The file that tells how texts are cut into pieces.
pub const PIECES: &str = "tokenizer.json";

/// Characters of a text that count: title, summary and opening say what it is about, and a mean of
/// more becomes like every other.
const LONGEST: usize = 500;

/// Numbers of a vector that are added up side by side, as processors do.
const SIDE_BY_SIDE: usize = 8;

/// Why a model cannot be used.
#[derive(Debug, Error)]
#[error("{file}: {message}")]
pub struct Unusable {
    /// The file that is wrong, [`TABLE`] or [`PIECES`].
    pub file: &'static str,
    /// Line and column in it.
    pub place: (usize, usize),
    /// What is wrong, as a sentence without a full stop.
    pub message: String,
}

/// A model.
#[derive(Debug)]
pub struct Embeddings {
    tokenizer: Tokenizer,
    /// The file with the vectors, as it is: converted as a whole it would need its space twice.
    file: Vec<u8>,
    /// Where the vectors stand in it.
    vectors: Range<usize>,
    number: Number,
    dimensions: usize,
    /// By piece: how much it counts, where that is not the same for all.
    weights: Option<Vec<f32>>,
    /// By piece: its vector, where not each has its own.
    rows: Option<Vec<usize>>,
}

impl Embeddings {
    /// The model of a file [`PIECES`] and a file [`TABLE`].
    ///
    /// # Errors
    ///
    /// [`Unusable`]: one of them is damaged, they do not belong together, or the model is of a kind that
    /// is not understood.
    pub fn new(pieces: &[u8], file: Vec<u8>) -> Result<Self, Unusable> {
        let tokenizer: Tokenizer = serde_json::from_slice(pieces).map_err(|error| Unusable {
            file: PIECES,
            place: (error.line().max(1), error.column().max(1)),
            message: without_place(&error),
        })?;
        let wrong = |message: String| Unusable { file: TABLE, place: (1, 1), message };
        let (header, metadata) = SafeTensors::read_metadata(&file)
            .map_err(|error| wrong(format!("is damaged: {error}")))?;
        let tensors = Tensors { metadata: &metadata, begin: size_of::<u64>() + header };

        let table = tensors.find("embeddings").map_err(wrong)?.ok_or_else(|| {
            wrong("has no tensor `embeddings`, so it is not in model2vec's form".to_owned())
        })?;
        let &[rows, dimensions] = table.shape else {
            return Err(wrong("`embeddings` is not a table".to_owned()));
        };
        if rows == 0 || dimensions == 0 {
            return Err(wrong("`embeddings` is empty".to_owned()));
        }
        let count = tokenizer.size();
        let of_pieces = |name: &str| -> Result<Option<Vec<f64>>, String> {
            let Some(tensor) = tensors.find(name)? else { return Ok(None) };
            let length = tensor.shape.iter().product::<usize>();
            if length != count {
                return Err(format!("`{name}` has {length} numbers, and {PIECES} {count} pieces"));
            }
            let mut numbers = Vec::with_capacity(count);
            tensor.number.each(&file[tensor.bytes], |_, number| numbers.push(number));
            Ok(Some(numbers))
        };
        let weights = of_pieces("weights").map_err(wrong)?;
        let mapping = of_pieces("mapping").map_err(wrong)?;
        if mapping.is_none() && rows != count {
            return Err(wrong(format!("has {rows} vectors, and {PIECES} has {count} pieces")));
        }
        let row = |number: f64| {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked")]
            (0.0..rows as f64).contains(&number).then_some(number as usize).ok_or_else(|| {
                wrong(format!("`mapping` leads to vector {number}, and there are {rows}"))
            })
        };
        let mapped = mapping.map(|mapping| mapping.into_iter().map(row).collect());
        #[expect(clippy::cast_possible_truncation, reason = "as exact as the vectors are")]
        let weights = weights.map(|weights| weights.into_iter().map(|one| one as f32).collect());
        Ok(Self {
            tokenizer,
            vectors: table.bytes,
            number: table.number,
            dimensions,
            weights,
            rows: mapped.transpose()?,
            file,
        })
    }

    /// The vector of `text`, of length one; only zeros where the model knows none of it.
    pub fn vector(&self, text: &str) -> Vec<f32> {
        let end = text.char_indices().nth(LONGEST).map_or(text.len(), |(end, _)| end);
        let mut sum = vec![0.0_f32; self.dimensions];
        let width = self.dimensions * self.number.size();
        let table = &self.file[self.vectors.clone()];
        for piece in self.tokenizer.pieces(&text[..end]) {
            let piece = piece as usize;
            let row = self.rows.as_ref().map_or(piece, |rows| rows[piece]);
            let weight = self.weights.as_ref().map_or(1.0, |weights| weights[piece]);
            #[expect(clippy::cast_possible_truncation, reason = "as exact as most models are")]
            self.number.each(&table[row * width..][..width], |at, number| {
                sum[at] += weight * number as f32;
            });
        }
        let length = sum.iter().map(|one| one * one).sum::<f32>().sqrt();
        // A model may hold what is no number, or sums beyond all numbers: then it knows nothing.
        let scale = if length.is_normal() { 1.0 / length } else { 0.0 };
        sum.iter().map(|one| if scale > 0.0 { one * scale } else { 0.0 }).collect()
    }
}

/// How near two vectors of length one are, from -1 to 1: the cosine; 0 where one is only zeros.
pub fn nearness(a: &[f32], b: &[f32]) -> f32 {
    let (a, a_rest) = a.as_chunks::<SIDE_BY_SIDE>();
    let (b, b_rest) = b.as_chunks::<SIDE_BY_SIDE>();
    let mut sums = [0.0; SIDE_BY_SIDE];
    for (a, b) in a.iter().zip(b) {
        for (sum, (a, b)) in sums.iter_mut().zip(a.iter().zip(b)) {
            *sum += a * b;
        }
    }
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    sums.iter().sum::<f32>() + rest
}

/// The library repeats the place at the end of its sentence.
fn without_place(error: &serde_json::Error) -> String {
    let message = error.to_string();
    let end = message.rfind(" at line ").unwrap_or(message.len());
    message[..end].to_owned()
}

/// Numbers in the file with the vectors.
struct Tensor<'a> {
    bytes: Range<usize>,
    number: Number,
    shape: &'a [usize],
}

/// What stands where in the file with the vectors.
struct Tensors<'a> {
    metadata: &'a Metadata,
    begin: usize,
}

impl Tensors<'_> {
    /// The tensor of this name, where there is one.
    fn find(&self, name: &str) -> Result<Option<Tensor<'_>>, String> {
        let Some(TensorInfo { dtype, shape, data_offsets: (begin, end) }) =
            self.metadata.info(name)
        else {
            return Ok(None);
        };
        let number = Number::of(*dtype).ok_or_else(|| {
            format!("the numbers of `{name}` are {dtype}, not one of F16, F32, F64, I8, I32, I64")
        })?;
        Ok(Some(Tensor { bytes: self.begin + begin..self.begin + end, number, shape }))
    }
}

/// How a number is written: the kinds that model2vec writes.
#[derive(Debug, Clone, Copy)]
enum Number {
    F16,
    F32,
    F64,
    I8,
    I32,
    I64,
}

impl Number {
    fn of(kind: Dtype) -> Option<Self> {
        match kind {
            Dtype::F16 => Some(Self::F16),
            Dtype::F32 => Some(Self::F32),
            Dtype::F64 => Some(Self::F64),
            Dtype::I8 => Some(Self::I8),
            Dtype::I32 => Some(Self::I32),
            Dtype::I64 => Some(Self::I64),
            _ => None,
        }
    }

    /// How many bytes it has.
    fn size(self) -> usize {
        match self {
            Self::I8 => 1,
            Self::F16 => 2,
            Self::F32 | Self::I32 => 4,
            Self::F64 | Self::I64 => 8,
        }
    }

    /// Calls `take` with the place and the value of each number in `bytes`.
    #[expect(clippy::cast_precision_loss, reason = "only the table's rows are counted in I64")]
    fn each(self, bytes: &[u8], take: impl FnMut(usize, f64)) {
        match self {
            Self::F16 => each(bytes, |one| half(u16::from_le_bytes(one)).into(), take),
            Self::F32 => each(bytes, |one| f32::from_le_bytes(one).into(), take),
            Self::F64 => each(bytes, f64::from_le_bytes, take),
            Self::I8 => each(bytes, |one| i8::from_le_bytes(one).into(), take),
            Self::I32 => each(bytes, |one| i32::from_le_bytes(one).into(), take),
            Self::I64 => each(bytes, |one| i64::from_le_bytes(one) as f64, take),
        }
    }
}

fn each<const SIZE: usize>(
    bytes: &[u8],
    value: impl Fn([u8; SIZE]) -> f64,
    mut take: impl FnMut(usize, f64),
) {
    let numbers = bytes.as_chunks::<SIZE>().0.iter();
    numbers.enumerate().for_each(|(at, number)| take(at, value(*number)));
}

/// The value of a number of half precision (IEEE 754, binary16).
fn half(bits: u16) -> f32 {
    // The exponents of the wider type begin 112 lower, at -126 and not at -14.
    let scale = 2.0_f32.powi(112);
    let size = match (bits >> 10 & 0x1f, bits & 0x3ff) {
        (0x1f, 0) => f32::INFINITY,
        (0x1f, _) => f32::NAN,
        _ => f32::from_bits(u32::from(bits & 0x7fff) << 13) * scale,
    };
    if bits >> 15 == 1 { -size } else { size }
}

#[cfg(test)]
pub(in crate::suggest) mod tests;
