//! Why two names may be one: a value for each kind of evidence, and its sentence with figures.

use std::fmt;

/// Why a name may stand for another one.
#[derive(Debug, Clone, PartialEq)]
pub enum Evidence {
    /// The list of equal names has both.
    Listed {
        /// The name.
        name: String,
        /// The one that it equals.
        equals: String,
    },
    /// Both read alike once listed equal names stand for each other.
    Parts(Vec<(String, String)>),
    /// Singular and plural of one name.
    Plural,
    /// One letter differs in a long word.
    Letter(String, String),
    /// Nothing but accents differs.
    Accents,
    /// One gives the other in parentheses, or before them.
    Parentheses(String),
    /// The parts of a pair or list stand in another order.
    Order,
    /// A foreigner's whole name and surname.
    Surname(String),
    /// One has a part more that says little on this site, and articles use both alike.
    Affix(String, Support),
    /// One has a character more, and articles use both alike.
    Character(char, Support),
    /// The same characters in another order, and articles use both alike.
    Rearranged(Support),
    /// Listed as near in meaning, and articles use both alike.
    Near(String, String, Support),
    /// Names that have something in common, what all names have counting little.
    Names {
        /// How alike they are, from 0 to 1 (cosine).
        likeness: f64,
        /// What both have, as written; empty where only listed equal names agree.
        shared: Vec<String>,
    },
    /// Articles that carry both.
    Together(Support),
}

/// What the published articles say of two terms.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Support {
    /// Articles that carry both.
    pub together: usize,
    /// Articles that carry the one used less.
    pub rarer: usize,
    /// How alike the other terms of their articles are, from 0 to 1 (cosine).
    pub likeness: f64,
    /// How alike the rarer one is, on average, to terms used about as often as the other.
    pub usual: f64,
}

/// Least likeness that says something. Read off the proposals for a site with 1,700 tags: below it
/// stand as many pairs of two things as of one.
const LIKE: f64 = 0.25;

/// How many times the usual likeness it must be: on a site about one thing all terms are alike.
const UNUSUAL: f64 = 2.0;

impl Support {
    /// Whether articles use both terms alike, more than they would any two. `ease` lowers the bar
    /// where the names alone say much, and is 1 otherwise.
    pub(super) fn is_strong(self, ease: f64) -> bool {
        self.likeness >= LIKE * ease && self.likeness >= UNUSUAL * ease * self.usual
    }

    /// The same for names that no article would carry both of if they were one.
    pub(super) fn is_strong_apart(self) -> bool {
        self.together == 0 && self.is_strong(1.0)
    }
}

impl Evidence {
    /// A word for programs.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Listed { .. } => "listed",
            Self::Parts(_) => "parts",
            Self::Plural => "plural",
            Self::Letter(..) => "letter",
            Self::Accents => "accents",
            Self::Parentheses(_) => "parentheses",
            Self::Order => "order",
            Self::Surname(_) => "surname",
            Self::Affix(..) => "affix",
            Self::Character(..) => "character",
            Self::Rearranged(_) => "rearranged",
            Self::Near(..) => "near",
            Self::Names { .. } => "names",
            Self::Together(_) => "together",
        }
    }

    /// Whether it says enough without the articles, and leads on to a third name.
    pub(super) fn is_identity(&self) -> bool {
        matches!(
            self,
            Self::Listed { .. }
                | Self::Parts(_)
                | Self::Plural
                | Self::Accents
                | Self::Parentheses(_)
                | Self::Order
                | Self::Surname(_)
        )
    }

    /// How much it counts beside other evidence for the same pair, from 0 to 1.
    pub(super) fn weight(&self) -> f64 {
        match self {
            Self::Plural | Self::Accents | Self::Order | Self::Listed { .. } => 1.0,
            Self::Parts(_) | Self::Parentheses(_) => 0.95,
            Self::Letter(..) | Self::Surname(_) => 0.9,
            Self::Affix(_, support)
            | Self::Character(_, support)
            | Self::Rearranged(support)
            | Self::Near(_, _, support)
            | Self::Together(support) => 0.8 * support.likeness,
            Self::Names { likeness, .. } => 0.8 * likeness,
        }
    }
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Listed { name, equals } => write!(f, "listed as equal names: {name} = {equals}"),
            Self::Parts(pairs) => {
                let pairs: Vec<String> = pairs.iter().map(|(a, b)| format!("{a} = {b}")).collect();
                write!(f, "alike but for equal names: {}", pairs.join(", "))
            }
            Self::Plural => f.write_str("singular and plural"),
            Self::Letter(one, other) => write!(f, "one letter differs: {one}, {other}"),
            Self::Accents => f.write_str("only accents differ"),
            Self::Parentheses(name) => write!(f, "“{name}” gives both names"),
            Self::Order => f.write_str("the same parts in another order"),
            Self::Surname(name) => write!(f, "whole name and surname: {name}"),
            Self::Affix(part, support) => write!(f, "differs in “{part}” only; {support}"),
            Self::Character(c, support) => {
                write!(f, "differs in the character {c} only; {support}")
            }
            Self::Rearranged(support) => {
                write!(f, "the same characters in another order; {support}")
            }
            Self::Near(one, other, support) => {
                write!(f, "listed as near in meaning: {one}, {other}; {support}")
            }
            Self::Names { likeness, shared } => {
                write!(f, "names {:.0}% alike", likeness * 100.0)?;
                let shared: Vec<String> = shared.iter().map(|run| format!("“{run}”")).collect();
                if shared.is_empty() {
                    Ok(())
                } else {
                    write!(f, ", sharing {}", shared.join(", "))
                }
            }
            Self::Together(support) => support.fmt(f),
        }
    }
}

impl fmt::Display for Support {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { together, rarer, likeness, usual } = self;
        write!(
            f,
            "{together} of its {rarer} articles carry both, and the other terms of their articles \
             are {:.0}% alike ({:.0}% is usual)",
            likeness * 100.0,
            usual * 100.0
        )
    }
}
