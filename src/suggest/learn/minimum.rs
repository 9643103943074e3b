//! The minimum of a logistic loss near a prior and within bounds.
//!
//! Newton's method, whose quadratic steps are solved under the bounds by coordinate descent (the
//! iterations of glmnet; Friedman, Hastie, Tibshirani, 2010). The function is convex, so where it
//! starts makes no difference to where it ends.

use super::measure::softplus;
use crate::suggest::feature::{Feature, logistic};

/// How many numbers are sought.
pub(super) const SIZE: usize = Feature::ALL.len();

/// A number for each feature.
pub(super) type Vector = [f64; SIZE];

/// A difference whose sum should come out above 0, and how much it counts.
pub(super) struct Row {
    pub(super) x: Vector,
    pub(super) weight: f64,
}

/// What is to be made small: the loss of the rows, and the distance from the prior.
pub(super) struct Problem {
    pub(super) rows: Vec<Row>,
    pub(super) prior: Vector,
    /// How much the prior holds; more than 0.
    pub(super) strength: f64,
    /// No coordinate goes below this; the prior does not.
    pub(super) least: Vector,
    /// No coordinate goes above this; the prior does not.
    pub(super) most: Vector,
}

/// Gradient and second derivatives.
struct Slope {
    gradient: Vector,
    hessian: [Vector; SIZE],
}

/// Newton's method squares the error with each step; so many steps are a mistake in the data.
const MOST_STEPS: usize = 100;

/// A step that promises less than this is the last, and so near that it needs no trial.
const ENOUGH: f64 = 1e-12;

impl Problem {
    /// The point at which it is smallest.
    pub(super) fn minimum(&self) -> Vector {
        let mut here = self.prior;
        let mut value = self.value(&here);
        for _ in 0..MOST_STEPS {
            let slope = self.slope(&here);
            let step = self.step(&here, &slope);
            let promised = -dot(&slope.gradient, &step);
            if promised <= ENOUGH * (1.0 + value) {
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
        let loss: f64 = self.rows.iter().map(|row| row.weight * softplus(-dot(&row.x, at))).sum();
        let away: f64 = at.iter().zip(&self.prior).map(|(at, prior)| (at - prior).powi(2)).sum();
        loss + self.strength * away / 2.0
    }

    fn slope(&self, at: &Vector) -> Slope {
        let mut slope = Slope { gradient: [0.0; SIZE], hessian: [[0.0; SIZE]; SIZE] };
        for row in &self.rows {
            let wrong = logistic(-dot(&row.x, at));
            let curve = row.weight * wrong * (1.0 - wrong);
            for (i, x) in row.x.iter().enumerate() {
                slope.gradient[i] -= row.weight * wrong * x;
                // The other half is the same.
                for (sum, other) in slope.hessian[i].iter_mut().zip(&row.x[..=i]) {
                    *sum += curve * x * other;
                }
            }
        }
        for (i, here) in at.iter().enumerate() {
            slope.gradient[i] += self.strength * (here - self.prior[i]);
            slope.hessian[i][i] += self.strength;
            for j in 0..i {
                slope.hessian[j][i] = slope.hessian[i][j];
            }
        }
        slope
    }

    /// The step to the minimum of the quadratic that fits here, within the bounds.
    fn step(&self, here: &Vector, slope: &Slope) -> Vector {
        let mut step = [0.0; SIZE];
        // Slope of the quadratic at the end of the step.
        let mut rest = slope.gradient;
        for _ in 0..1_000 {
            let mut moved = 0.0_f64;
            for i in 0..SIZE {
                let curve = slope.hessian[i][i];
                let free = step[i] - rest[i] / curve;
                let wanted = free.max(self.least[i] - here[i]).min(self.most[i] - here[i]);
                let by = wanted - step[i];
                step[i] = wanted;
                for (rest, along) in rest.iter_mut().zip(&slope.hessian[i]) {
                    *rest += by * along;
                }
                moved = moved.max(by * by * curve);
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

        /// The conditions of Karush, Kuhn and Tucker: level where it is free, rising away from a bound
        /// below, falling towards one above.
        #[test]
        fn nothing_near_the_minimum_is_lower(
            rows in 0_usize..60,
            prior in -2.0_f64..2.0,
            strength in 0.01_f64..100.0,
        ) {
            let row = |at: usize| {
                let x = std::array::from_fn(|of| 4.0 * noise(at, of) - 2.0);
                Row { x, weight: noise(at, 99) }
            };
            let problem = Problem {
                rows: (0..rows).map(row).collect(),
                prior: [prior; SIZE],
                strength,
                least: std::array::from_fn(|at| if at % 3 == 0 { prior } else { f64::MIN }),
                most: std::array::from_fn(|at| if at % 3 == 1 { prior } else { f64::MAX }),
            };
            let found = problem.minimum();
            let slope = problem.slope(&found);
            for (at, found) in found.iter().enumerate() {
                if *found <= problem.least[at] {
                    prop_assert!(slope.gradient[at] > -1e-5, "{}", slope.gradient[at]);
                } else if *found >= problem.most[at] {
                    prop_assert!(slope.gradient[at] < 1e-5, "{}", slope.gradient[at]);
                } else {
                    prop_assert!(slope.gradient[at].abs() < 1e-5, "{}", slope.gradient[at]);
                }
            }
        }
    }
}
