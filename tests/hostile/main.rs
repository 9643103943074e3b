//! A folder of odd articles goes through the whole job: nothing panics, nothing leaks, and every file
//! that comes out keeps the rules of its format.

#[cfg(test)]
mod articles;
#[cfg(test)]
mod rules;
#[cfg(test)]
mod site;
