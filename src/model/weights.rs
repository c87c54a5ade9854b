//! A profile's weights: read, checked, and laid out for the kernels.

use std::ops::Range;

use anyhow::{Context, bail, ensure};
use safetensors::{Dtype, SafeTensors, tensor::TensorView};

use super::decode::TAGS;
use super::files::Depths;
use super::kernels::{MOST_WEIGHT, Matrix};

/// Numbers in a state.
pub(super) const WIDTH: usize = 384;
/// Numbers of a state that one head of attention looks at.
pub(super) const HEAD: usize = 32;
/// Negative, neutral, positive.
pub(super) const POLARITIES: usize = 3;

/// The vectors of the pieces, which all profiles share: `[pieces, WIDTH]` in eight bits, with a scale for each piece.
#[derive(Debug)]
pub(super) struct Table {
    values: Vec<i8>,
    scales: Vec<f32>,
}

/// A norm's weight and bias.
#[derive(Debug)]
pub(super) struct Norm {
    pub(super) weight: Vec<f32>,
    pub(super) bias: Vec<f32>,
}

/// A product, and what its inputs are multiplied with before they are quantised.
#[derive(Debug)]
pub(super) struct Linear {
    pub(super) matrix: Matrix,
    pub(super) smoothing: Vec<f32>,
}

/// A layer of the encoder: attention, then two products with GELU between them, each added to its input and normed.
#[derive(Debug)]
pub(super) struct Layer {
    pub(super) heads: usize,
    /// What the rows are multiplied with before they are quantised for queries and for keys and values.
    pub(super) smoothing: Vec<f32>,
    /// Queries of all heads.
    pub(super) queries: Matrix,
    /// Keys of all heads, then values.
    pub(super) seen: Matrix,
    pub(super) attended: Linear,
    pub(super) attended_norm: Norm,
    pub(super) inner: Linear,
    pub(super) outer: Linear,
    pub(super) outer_norm: Norm,
}

/// Rows of single precision and their bias.
#[derive(Debug)]
pub(super) struct Head {
    /// `[outputs, WIDTH]`.
    pub(super) weight: Vec<f32>,
    pub(super) bias: Vec<f32>,
}

/// The weights of one profile.
#[derive(Debug)]
pub(super) struct Weights {
    /// `[positions, WIDTH]`.
    pub(super) positions: Vec<f32>,
    pub(super) norm: Norm,
    pub(super) layers: Vec<Layer>,
    pub(super) tags: Head,
    pub(super) target: Head,
    pub(super) polarity: Head,
    /// For each place at which words may exit, what tells by its state which word must stay.
    pub(super) exits: Vec<Head>,
}

impl Table {
    /// Reads the contents of `pieces.safetensors`.
    pub(super) fn read(file: &[u8]) -> anyhow::Result<Table> {
        let tensors = Tensors::read(file)?;
        let scales = tensors.floats("scale", None)?;
        let values = tensors.bytes("weight", &[scales.len(), WIDTH])?;
        Ok(Table { values, scales })
    }

    /// The number of pieces.
    pub(super) fn len(&self) -> usize {
        self.scales.len()
    }

    /// The vector of a piece, and its scale; that of the last piece for a number beyond it.
    pub(super) fn vector(&self, piece: usize) -> (&[i8], f32) {
        let piece = piece.min(self.scales.len() - 1);
        (&self.values[piece * WIDTH..(piece + 1) * WIDTH], self.scales[piece])
    }
}

impl Weights {
    /// Reads the contents of a profile's file.
    ///
    /// # Errors
    ///
    /// If a tensor is missing, or has another type or shape than the rest asks for, or a number that is none.
    pub(super) fn read(file: &[u8]) -> anyhow::Result<Weights> {
        let tensors = Tensors::read(file)?;
        let mut layers = Vec::new();
        while tensors.has(&format!("layers.{}.qkv.weight", layers.len())) {
            layers.push(tensors.layer(&format!("layers.{}", layers.len()))?);
        }
        ensure!(!layers.is_empty(), "there is no layers.0.qkv.weight");
        let positions = tensors.floats("positions.weight", None)?;
        ensure!(
            !positions.is_empty() && positions.len().is_multiple_of(WIDTH),
            "positions.weight has {} numbers and not rows of {WIDTH}",
            positions.len()
        );
        Ok(Weights {
            positions,
            norm: tensors.norm("norm")?,
            layers,
            tags: tensors.head("tags", TAGS)?,
            target: tensors.head("target", WIDTH)?,
            polarity: tensors.head("polarity", POLARITIES)?,
            exits: if tensors.has("exit.bias") { tensors.exits()? } else { Vec::new() },
        })
    }

    /// Whether words can go as deep as `depths` say: they are pooled, exit and are no longer seen in this order and before
    /// the last layer, or they never exit.
    pub(super) fn check(&self, depths: &Depths) -> anyhow::Result<()> {
        let Depths { pooled_after, exits_after, unseen_after } = depths;
        let follow = match exits_after.as_slice() {
            [] => *unseen_after == 0,
            [first, .., last] | [first @ last] => {
                0 < *pooled_after && pooled_after <= first && last <= unseen_after && *unseen_after < self.layers.len()
            }
        };
        ensure!(
            follow && exits_after.is_sorted_by(|one, next| one < next) && exits_after.len() == self.exits.len(),
            "it has {} layers and {} exits, and words are pooled after {pooled_after}, exit after {exits_after:?} and are unseen after {unseen_after}",
            self.layers.len(),
            self.exits.len()
        );
        Ok(())
    }

    /// The number of positions.
    pub(super) fn positions(&self) -> usize {
        self.positions.len() / WIDTH
    }
}

/// A product as the file has it.
struct Product {
    inputs: usize,
    /// `[outputs, inputs]`.
    weight: Vec<i8>,
    scale: Vec<f32>,
    bias: Vec<f32>,
}

impl Product {
    /// Lays out some of the outputs for the kernels.
    fn lay_out(&self, outputs: Range<usize>) -> Matrix {
        let weight = &self.weight[outputs.start * self.inputs..outputs.end * self.inputs];
        Matrix::new(weight, self.scale[outputs.clone()].to_vec(), self.bias[outputs].to_vec())
    }
}

/// The tensors of a file, by name.
struct Tensors<'a>(SafeTensors<'a>);

impl<'a> Tensors<'a> {
    fn read(file: &'a [u8]) -> anyhow::Result<Self> {
        Ok(Self(SafeTensors::deserialize(file).context("no safetensors file")?))
    }

    fn has(&self, name: &str) -> bool {
        self.0.tensor(name).is_ok()
    }

    /// A tensor of a type; of a shape, where one is known.
    fn tensor(&self, name: &str, dtype: Dtype, shape: Option<&[usize]>) -> anyhow::Result<TensorView<'a>> {
        let Ok(tensor) = self.0.tensor(name) else { bail!("there is no {name}") };
        ensure!(tensor.dtype() == dtype, "{name} holds {:?} and not {dtype:?}", tensor.dtype());
        if let Some(shape) = shape {
            ensure!(tensor.shape() == shape, "{name} has the shape {:?} and not {shape:?}", tensor.shape());
        }
        Ok(tensor)
    }

    fn bytes(&self, name: &str, shape: &[usize]) -> anyhow::Result<Vec<i8>> {
        let tensor = self.tensor(name, Dtype::I8, Some(shape))?;
        Ok(tensor.data().iter().map(|byte| byte.cast_signed()).collect())
    }

    fn floats(&self, name: &str, shape: Option<&[usize]>) -> anyhow::Result<Vec<f32>> {
        let tensor = self.tensor(name, Dtype::F32, shape)?;
        let floats: Vec<f32> = tensor.data().as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
        ensure!(floats.iter().all(|float| float.is_finite()), "{name} has a number that is not finite");
        Ok(floats)
    }

    fn norm(&self, name: &str) -> anyhow::Result<Norm> {
        let floats = |part: &str| self.floats(&format!("{name}.{part}"), Some(&[WIDTH]));
        Ok(Norm { weight: floats("weight")?, bias: floats("bias")? })
    }

    fn head(&self, name: &str, outputs: usize) -> anyhow::Result<Head> {
        Ok(Head {
            weight: self.floats(&format!("{name}.weight"), Some(&[outputs, WIDTH]))?,
            bias: self.floats(&format!("{name}.bias"), Some(&[outputs]))?,
        })
    }

    /// As many heads of one output as there are exits.
    fn exits(&self) -> anyhow::Result<Vec<Head>> {
        let count = self.floats("exit.bias", None)?.len();
        let Head { weight, bias } = self.head("exit", count)?;
        let one = |(weight, bias): (&[f32], &f32)| Head { weight: weight.to_vec(), bias: vec![*bias] };
        Ok(weight.chunks_exact(WIDTH).zip(&bias).map(one).collect())
    }

    /// A product of as many outputs as it has scales.
    fn linear(&self, name: &str, inputs: usize) -> anyhow::Result<Linear> {
        let (matrix, smoothing) = self.product(name, inputs)?;
        Ok(Linear { matrix: matrix.lay_out(0..matrix.scale.len()), smoothing })
    }

    fn product(&self, name: &str, inputs: usize) -> anyhow::Result<(Product, Vec<f32>)> {
        let scale = self.floats(&format!("{name}.scale"), None)?;
        let outputs = scale.len();
        ensure!(
            outputs > 0 && outputs.is_multiple_of(64) && inputs.is_multiple_of(64),
            "{name} has {inputs} inputs and {outputs} outputs; they must be multiples of 64"
        );
        let weight = self.bytes(&format!("{name}.weight"), &[outputs, inputs])?;
        ensure!(
            weight.iter().all(|weight| weight.unsigned_abs() <= MOST_WEIGHT.unsigned_abs()),
            "{name}.weight has a number beyond {MOST_WEIGHT}"
        );
        let bias = self.floats(&format!("{name}.bias"), Some(&[outputs]))?;
        let smoothing = self.floats(&format!("{name}.smoothing"), Some(&[inputs]))?;
        Ok((Product { inputs, weight, scale, bias }, smoothing))
    }

    fn layer(&self, name: &str) -> anyhow::Result<Layer> {
        let (qkv, smoothing) = self.product(&format!("{name}.qkv"), WIDTH)?;
        let outputs = qkv.scale.len();
        ensure!(
            outputs.is_multiple_of(6 * HEAD),
            "{name}.qkv has {outputs} outputs and not three times an even number of heads of {HEAD}"
        );
        let width = outputs / 3;
        let attended = self.linear(&format!("{name}.attended"), width)?;
        let inner = self.linear(&format!("{name}.inner"), WIDTH)?;
        let outer = self.linear(&format!("{name}.outer"), inner.matrix.outputs())?;
        for (part, linear) in [("attended", &attended), ("outer", &outer)] {
            let outputs = linear.matrix.outputs();
            ensure!(outputs == WIDTH, "{name}.{part} has {outputs} outputs and not {WIDTH}");
        }
        Ok(Layer {
            heads: width / HEAD,
            smoothing,
            queries: qkv.lay_out(0..width),
            seen: qkv.lay_out(width..outputs),
            attended,
            attended_norm: self.norm(&format!("{name}.attended_norm"))?,
            inner,
            outer,
            outer_norm: self.norm(&format!("{name}.outer_norm"))?,
        })
    }
}
