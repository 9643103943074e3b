//! The minimum of a logistic loss near a prior and within bounds.
//!
//! Newton's method, whose quadratic steps are solved under the bounds by coordinate descent (the
//! iterations of glmnet; Friedman, Hastie, Tibshirani, 2010). The function is convex, so where it
//! starts makes no difference to where it ends.

use super::measure::softplus;
use crate::suggest::feature::{Feature, logistic};

/// A number for each feature.
pub(super) const SIZE: usize = Feature::ALL.len();

/// The bias's place.
pub(super) const BIAS: usize = SIZE;

/// A number for each feature, then the bias's.
pub(super) type Vector = [f64; SIZE + 1];

/// Something that was good or not, and how much it counts.
pub(super) struct Row {
    pub(super) x: Vector,
    pub(super) label: bool,
    pub(super) weight: f64,
}

/// What is to be made small: the loss of the rows, and the distance from the prior.
pub(super) struct Problem {
    pub(super) rows: Vec<Row>,
    pub(super) prior: Vector,
    pub(super) strength: Vector,
    /// No coordinate goes below this.
    pub(super) least: Vector,
    /// Whether a coordinate may move at all.
    pub(super) free: [bool; SIZE + 1],
}

/// Gradient and second derivatives.
struct Slope {
    gradient: Vector,
    hessian: [Vector; SIZE + 1],
}

/// Newton's method squares the error with each step; so many steps are a mistake in the data.
const MOST_STEPS: usize = 100;

/// A step that promises less than this is the last, and so near that it needs no trial.
const ENOUGH: f64 = 1e-12;

impl Problem {
    /// The point at which it is smallest. It is convex, so there is one.
    pub(super) fn minimum(&self) -> Vector {
        let mut here = self.prior;
        let mut value = self.value(&here);
        for _ in 0..MOST_STEPS {
            let slope = self.slope(&here);
            let step = self.step(&here, &slope);
            let promised = -dot(&slope.gradient, &step);
            if promised <= ENOUGH * (1.0 + value.abs()) {
                return std::array::from_fn(|at| here[at] + step[at]);
            }
            // Halved until it keeps a part of what it promises (Armijo's rule, with his constant).
            let mut length = 1.0;
            loop {
                let there = std::array::from_fn(|at| here[at] + length * step[at]);
                let found = self.value(&there);
                if found <= value - 1e-4 * length * promised {
                    (here, value) = (there, found);
                    break;
                }
                length /= 2.0;
                if length < ENOUGH {
                    return here;
                }
            }
        }
        here
    }

    fn value(&self, at: &Vector) -> f64 {
        let loss = self.rows.iter().map(|row| {
            let sum = dot(&row.x, at);
            row.weight * softplus(if row.label { -sum } else { sum })
        });
        let away = (0..=SIZE).map(|i| self.strength[i] * (at[i] - self.prior[i]).powi(2) / 2.0);
        loss.sum::<f64>() + away.sum::<f64>()
    }

    fn slope(&self, at: &Vector) -> Slope {
        let mut slope = Slope { gradient: [0.0; SIZE + 1], hessian: [[0.0; SIZE + 1]; SIZE + 1] };
        for row in &self.rows {
            let chance = logistic(dot(&row.x, at));
            let error = row.weight * (chance - f64::from(row.label));
            let curve = row.weight * chance * (1.0 - chance);
            for (i, x) in row.x.iter().enumerate() {
                slope.gradient[i] += error * x;
                // The other half is the same.
                for (sum, other) in slope.hessian[i].iter_mut().zip(&row.x[..=i]) {
                    *sum += curve * x * other;
                }
            }
        }
        for (i, here) in at.iter().enumerate() {
            slope.gradient[i] += self.strength[i] * (here - self.prior[i]);
            slope.hessian[i][i] += self.strength[i];
            for j in 0..i {
                slope.hessian[j][i] = slope.hessian[i][j];
            }
        }
        slope
    }

    /// The step to the minimum of the quadratic that fits here, within the bounds.
    fn step(&self, here: &Vector, slope: &Slope) -> Vector {
        let mut step = [0.0; SIZE + 1];
        // Slope of the quadratic at the end of the step.
        let mut rest = slope.gradient;
        for _ in 0..1_000 {
            let mut moved = 0.0_f64;
            for i in (0..=SIZE).filter(|&i| self.free[i]) {
                // Flat only where the rows are certain beyond what doubles can tell.
                let curve = slope.hessian[i][i].max(f64::MIN_POSITIVE.sqrt());
                let wanted = (step[i] - rest[i] / curve).max(self.least[i] - here[i]);
                let by = wanted - step[i];
                if by != 0.0 {
                    step[i] = wanted;
                    for (rest, along) in rest.iter_mut().zip(&slope.hessian[i]) {
                        *rest += by * along;
                    }
                    moved = moved.max(by * by * curve);
                }
            }
            if moved <= ENOUGH * ENOUGH {
                break;
            }
        }
        step
    }
}

fn dot(a: &Vector, b: &Vector) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::suggest::learn::fit::tests::noise;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        /// The conditions of Karush, Kuhn and Tucker: level where it is free, rising at a bound.
        #[test]
        fn nothing_near_the_minimum_is_lower(
            labels in proptest::collection::vec(any::<bool>(), 1..60),
            prior in -2.0_f64..2.0,
            strength in 0.01_f64..100.0,
        ) {
            let row = |(at, label): (usize, &bool)| {
                let x = std::array::from_fn(|of| 4.0 * noise(at, of) - 2.0);
                Row { x, label: *label, weight: noise(at, 99) }
            };
            let problem = Problem {
                rows: labels.iter().enumerate().map(row).collect(),
                prior: [prior; SIZE + 1],
                strength: [strength; SIZE + 1],
                least: std::array::from_fn(|at| if at % 2 == 0 { prior } else { f64::MIN }),
                free: std::array::from_fn(|at| at % 5 != 0),
            };
            let found = problem.minimum();
            let slope = problem.slope(&found);
            for (at, found) in found.iter().enumerate() {
                if !problem.free[at] {
                    prop_assert!((found - prior).abs() < f64::EPSILON);
                } else if *found <= problem.least[at] {
                    prop_assert!(slope.gradient[at] > -1e-5, "{}", slope.gradient[at]);
                } else {
                    prop_assert!(slope.gradient[at].abs() < 1e-5, "{}", slope.gradient[at]);
                }
            }
        }
    }
}
